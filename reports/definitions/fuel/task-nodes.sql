/*---
title: Deployment tasks by node
asks: On which nodes do deployment tasks fail, and where do they take longest?
params:
  from: {type: Date, default: '2010-01-01', is: the first day on which tasks started}
  to: {type: Date, default: today, is: the day before which they started}
  installation: {type: String, default: '', is: "an installation's uid; empty means all"}
columns:
  installation_uid: {title: Installation}
  environment_id: {title: Environment, key: true, is: "a number within the installation"}
  node_id: {title: Node, link: 'fuel/task-history?installation={installation_uid}&nodes={node_id}', is: "master, or the node's number within the installation"}
  runs: {format: integer, is: deployments that ran a task on it}
  tasks: {format: integer, is: tasks that began on it}
  ready: {format: integer}
  error: {format: integer}
  busy_s: {title: Busy, format: seconds, is: "its tasks' times together; those that ran at the same time count each"}
---*/
SELECT
  installation_uid,
  environment_id,
  node_id,
  uniqExact(run_id) AS runs,
  count() AS tasks,
  countIf(status = 'ready') AS ready,
  countIf(status = 'error') AS error,
  sum(duration_s) AS busy_s
FROM fuel_task_counted
WHERE started_at >= {from:DateTime('UTC')}
  AND started_at < {to:DateTime('UTC')}
  AND ({installation:String} = '' OR installation_uid = {installation:String})
GROUP BY installation_uid, environment_id, node_id
ORDER BY error DESC, busy_s DESC, installation_uid, environment_id, node_id
