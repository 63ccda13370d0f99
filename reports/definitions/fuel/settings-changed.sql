/*---
title: Settings that sites change
asks: Which settings do sites change?
shared: installer
params:
  from: {type: Date, default: '2010-01-01', is: the first day on which requests started}
  to: {type: Date, default: today, is: the day before which they started}
  release:
  action_name: {type: String, default: '', is: "a kind of request such as cluster_attributes; empty means all"}
chart: {type: bar, x: setting, y: requests}
columns:
  setting: {is: "the setting's name"}
  requests: {format: integer, is: requests that changed it}
  installations: {format: integer, is: installations that changed it}
  share: {format: percent(1), is: "of the requests that changed any setting; one may change several"}
---*/
WITH request AS (
  SELECT a.installation_uid AS installation_uid, a.settings AS settings
  FROM fuel_action_counted AS a
  LEFT JOIN fuel_installation_current AS i ON i.installation_uid = a.installation_uid
  WHERE a.started_at >= {from:DateTime('UTC')}
    AND a.started_at < {to:DateTime('UTC')}
    AND ({release:String} = '' OR coalesce(nullIf(i.release, ''), 'unknown') = {release:String})
    AND ({action_name:String} = '' OR a.action_name = {action_name:String})
    AND length(a.settings) > 0
),
listed AS (
  SELECT installation_uid, arrayJoin(settings) AS setting
  FROM request
)
SELECT
  setting,
  count() AS requests,
  uniqExact(installation_uid) AS installations,
  1.0 * count() / (SELECT count() FROM request) AS share
FROM listed
GROUP BY setting
ORDER BY requests DESC, setting
