/*---
title: Time that deployments take
asks: How long do successful deployments take in each release?
shared: installer
params:
  from: {type: Date, default: '2010-01-01', is: the first day on which deployments started}
  to: {type: Date, default: today, is: the day before which they started}
  release:
chart: {type: bar, x: release, y: [p50_s, p90_s]}
columns:
  release: {link: 'fuel/failures-before-success?release={release}&from={from}&to={to}', is: "the installation's present release; unknown where it never named one"}
  deployments: {format: integer, is: those that succeeded}
  avg_s: {title: Average, format: seconds}
  p50_s: {title: Median, format: seconds, is: half of them took no longer}
  p90_s: {title: 90 %, format: seconds, is: nine of ten took no longer}
---*/
WITH deployment AS (
  SELECT
    coalesce(nullIf(i.release, ''), 'unknown') AS release,
    a.duration_s AS duration_s
  FROM fuel_deployment_counted AS a
  LEFT JOIN fuel_installation_current AS i ON i.installation_uid = a.installation_uid
  WHERE a.status = 'ready'
    AND a.started_at >= {from:DateTime('UTC')}
    AND a.started_at < {to:DateTime('UTC')}
)
SELECT
  release,
  count() AS deployments,
  avg(duration_s) AS avg_s,
  p50(duration_s) AS p50_s,
  p90(duration_s) AS p90_s
FROM deployment
WHERE {release:String} = '' OR release = {release:String}
GROUP BY release
ORDER BY version_order(release), release
