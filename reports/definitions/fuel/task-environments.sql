/*---
title: Deployment tasks by environment
asks: Which environments are deployed often, and how often without a failed task?
params:
  from: {type: Date, default: '2010-01-01', is: the first day on which tasks started}
  to: {type: Date, default: today, is: the day before which they started}
  installation: {type: String, default: '', is: "an installation's uid; empty means all"}
columns:
  installation_uid: {title: Installation, link: 'fuel/task-runs?installation={installation_uid}&from={from}&to={to}'}
  environment_id: {title: Environment, key: true, is: "a number within the installation"}
  runs: {format: integer, is: deployments}
  failed_runs: {title: Failed runs, format: integer, is: deployments with a task that failed}
  nodes: {format: integer, is: "nodes that tasks ran on, the master among them"}
  tasks: {format: integer, is: tasks that began}
  error: {format: integer}
  busy_s: {title: Busy, format: seconds, is: "its tasks' times together; those that ran at the same time count each"}
---*/
SELECT
  installation_uid,
  environment_id,
  uniqExact(run_id) AS runs,
  uniqExact(CASE WHEN status = 'error' THEN run_id END) AS failed_runs,
  uniqExact(node_id) AS nodes,
  count() AS tasks,
  countIf(status = 'error') AS error,
  sum(duration_s) AS busy_s
FROM fuel_task_counted
WHERE started_at >= {from:DateTime('UTC')}
  AND started_at < {to:DateTime('UTC')}
  AND ({installation:String} = '' OR installation_uid = {installation:String})
GROUP BY installation_uid, environment_id
ORDER BY failed_runs DESC, runs DESC, installation_uid, environment_id
