/*---
title: Feature groups
asks: Which feature groups are switched on?
shared: installer
params:
  from: {type: Date, default: '2010-01-01', is: the first day of the period}
  to: {type: Date, default: today, is: the day after its last one}
  release:
chart: {type: bar, x: feature_group, y: [installations, active_installations]}
columns:
  feature_group: {is: "none where an installation has none"}
  installations: {format: integer, is: all that ever sent their state}
  active_installations: {title: Active, format: integer, is: those that began an operation or sent a state in the period}
  share: {format: percent, is: "of all the installations; one may have several"}
---*/
WITH active AS (
  SELECT a.installation_uid AS installation_uid
  FROM fuel_action_counted AS a
  WHERE a.started_at >= {from:DateTime('UTC')} AND a.started_at < {to:DateTime('UTC')}
  UNION ALL
  SELECT i.installation_uid AS installation_uid
  FROM fuel_installation AS i
  WHERE i.reported_at >= {from:DateTime('UTC')} AND i.reported_at < {to:DateTime('UTC')}
),
installation AS (
  SELECT
    CASE WHEN length(i.feature_groups) = 0 THEN ['none'] ELSE i.feature_groups END AS feature_groups,
    i.installation_uid IN (SELECT installation_uid FROM active) AS is_active
  FROM fuel_installation_current AS i
  WHERE {release:String} = '' OR coalesce(nullIf(i.release, ''), 'unknown') = {release:String}
),
listed AS (
  SELECT arrayJoin(feature_groups) AS feature_group, is_active
  FROM installation
)
SELECT
  feature_group,
  count() AS installations,
  countIf(is_active) AS active_installations,
  1.0 * count() / (SELECT count() FROM installation) AS share
FROM listed
GROUP BY feature_group
ORDER BY installations DESC, feature_group
