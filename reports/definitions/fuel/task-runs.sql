/*---
title: Runs of deployment tasks
asks: How did each deployment go, task by task?
params:
  from: {type: Date, default: '2010-01-01', is: the first day on which runs started}
  to: {type: Date, default: today, is: the day before which they started}
  installation: {type: String, default: '', is: "an installation's uid; empty means all"}
columns:
  installation_uid: {title: Installation}
  environment_id: {title: Environment, key: true, is: "a number within the installation"}
  run_id: {title: Run, key: true, link: 'fuel/task-history?installation={installation_uid}&run={run_id}', is: "the deployment, a number within the installation"}
  tasks: {format: integer, is: "tasks of the run, on all its nodes"}
  ready: {format: integer}
  error: {format: integer}
  skipped: {format: integer}
  started_at: {title: Started, is: when its first task began}
  ended_at: {title: Ended, is: "when its last task ended; empty while one is pending or running"}
  duration_s: {title: Duration, format: seconds, is: from its first task's start to its last one's end}
---*/
WITH run AS (
  SELECT
    installation_uid,
    environment_id,
    run_id,
    count() AS tasks,
    countIf(status = 'ready') AS ready,
    countIf(status = 'error') AS error,
    countIf(status = 'skipped') AS skipped,
    countIf(status IN ('pending', 'running')) AS unfinished,
    min(started_at) AS first_start,
    max(ended_at) AS last_end
  FROM fuel_task_counted
  WHERE {installation:String} = '' OR installation_uid = {installation:String}
  GROUP BY installation_uid, environment_id, run_id
)
SELECT
  installation_uid,
  environment_id,
  run_id,
  tasks,
  ready,
  error,
  skipped,
  first_start AS started_at,
  CASE WHEN unfinished = 0 THEN last_end END AS ended_at,
  CASE WHEN unfinished = 0 THEN seconds_between(first_start, last_end) END AS duration_s
FROM run
WHERE first_start >= {from:DateTime('UTC')}
  AND first_start < {to:DateTime('UTC')}
ORDER BY first_start DESC, installation_uid, environment_id, run_id
