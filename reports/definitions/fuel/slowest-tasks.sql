/*---
title: Slowest deployment tasks
asks: Which tasks make deployments take long?
params:
  from: {type: Date, default: '2010-01-01', is: the first day on which tasks started}
  to: {type: Date, default: today, is: the day before which they started}
  installation: {type: String, default: '', is: "an installation's uid; empty means all"}
chart: {type: bar, x: task, y: [p50_s, p90_s]}
columns:
  task: {is: "the task's technical name"}
  executions: {format: integer, is: tasks that ended}
  p50_s: {title: Median, format: seconds, is: half of them took no longer}
  p90_s: {title: 90 %, format: seconds, is: nine of ten took no longer}
  p99_s: {title: 99 %, format: seconds, is: ninety-nine of a hundred took no longer}
  max_s: {title: Longest, format: seconds}
---*/
SELECT
  task,
  count() AS executions,
  p50(duration_s) AS p50_s,
  p90(duration_s) AS p90_s,
  p99(duration_s) AS p99_s,
  max(duration_s) AS max_s
FROM fuel_task_counted
WHERE duration_s IS NOT NULL
  AND started_at >= {from:DateTime('UTC')}
  AND started_at < {to:DateTime('UTC')}
  AND ({installation:String} = '' OR installation_uid = {installation:String})
GROUP BY task
ORDER BY p90_s DESC, p50_s DESC, task
