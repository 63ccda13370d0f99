/*---
title: Deployment tasks that fail most
asks: Which tasks make deployments fail?
params:
  from: {type: Date, default: '2010-01-01', is: the first day on which tasks started}
  to: {type: Date, default: today, is: the day before which they started}
  installation: {type: String, default: '', is: "an installation's uid; empty means all"}
chart: {type: bar, x: task, y: errors}
columns:
  task: {is: "the task's technical name"}
  executions: {format: integer, is: "tasks that ended, well or not"}
  errors: {format: integer, is: those that failed}
  error_rate: {format: percent(1), is: errors per execution}
  runs: {format: integer, is: deployments in which it failed}
  installations: {format: integer, is: installations at which it failed}
---*/
WITH execution AS (
  SELECT task, installation_uid, concat(installation_uid, ' ', CAST(run_id AS String)) AS run, status = 'error' AS failed
  FROM fuel_task_counted
  WHERE status IN ('ready', 'error')
    AND started_at >= {from:DateTime('UTC')}
    AND started_at < {to:DateTime('UTC')}
    AND ({installation:String} = '' OR installation_uid = {installation:String})
)
SELECT
  task,
  count() AS executions,
  countIf(failed) AS errors,
  1.0 * countIf(failed) / count() AS error_rate,
  uniqExactIf(run, failed) AS runs,
  uniqExactIf(installation_uid, failed) AS installations
FROM execution
GROUP BY task
HAVING countIf(failed) > 0
ORDER BY errors DESC, error_rate DESC, task
