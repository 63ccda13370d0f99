/*---
title: Active installations
asks: How many installations were heard of in the period?
shared: installer
params:
  from: {type: Date, default: '2010-01-01', is: the first day of the period}
  to: {type: Date, default: today, is: the day after its last one}
  release:
chart: {type: bar, x: release, y: [installations, active_installations]}
columns:
  release: {is: "the installer's present release; unknown where the site named none"}
  installations: {format: integer, is: all that ever sent their state}
  active_installations: {title: Active, format: integer, is: those that began an operation or sent a state in the period}
  active_share: {title: Active share, format: percent, is: of the installations of the release}
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
    coalesce(nullIf(i.release, ''), 'unknown') AS release,
    i.installation_uid IN (SELECT installation_uid FROM active) AS is_active
  FROM fuel_installation_current AS i
)
SELECT
  release,
  count() AS installations,
  countIf(is_active) AS active_installations,
  1.0 * countIf(is_active) / count() AS active_share
FROM installation
WHERE {release:String} = '' OR release = {release:String}
GROUP BY release
ORDER BY version_order(release), release
