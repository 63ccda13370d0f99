/*---
title: Operations
asks: What do sites do, how does it end, and how long does it take?
shared: installer
params:
  from: {type: Date, default: '2010-01-01', is: the first day on which operations started}
  to: {type: Date, default: today, is: the day before which they started}
  release:
chart: {type: bar, x: action_name, y: operations}
columns:
  action_name: {title: Operation}
  kind: {is: "http_request where somebody asked for something, nailgun_task where the installer worked on it"}
  result: {is: "ready, error or running; unknown where it isn't told, as of requests"}
  operations: {format: integer}
  share: {format: percent(1), is: of all the operations}
  avg_s: {title: Average, format: seconds}
  p50_s: {title: Median, format: seconds, is: half of them took no longer}
  p90_s: {title: 90 %, format: seconds, is: nine of ten took no longer}
---*/
WITH operation AS (
  SELECT
    coalesce(nullIf(a.action_name, ''), 'unknown') AS action_name,
    coalesce(nullIf(a.action_type, ''), 'unknown') AS kind,
    coalesce(nullIf(a.status, ''), 'unknown') AS result,
    a.duration_s AS duration_s
  FROM fuel_action_counted AS a
  LEFT JOIN fuel_installation_current AS i ON i.installation_uid = a.installation_uid
  WHERE a.started_at >= {from:DateTime('UTC')}
    AND a.started_at < {to:DateTime('UTC')}
    AND ({release:String} = '' OR coalesce(nullIf(i.release, ''), 'unknown') = {release:String})
)
SELECT
  action_name,
  kind,
  result,
  count() AS operations,
  1.0 * count() / sum(count()) OVER () AS share,
  avg(duration_s) AS avg_s,
  p50(duration_s) AS p50_s,
  p90(duration_s) AS p90_s
FROM operation
GROUP BY action_name, kind, result
ORDER BY operations DESC, action_name, kind, result
