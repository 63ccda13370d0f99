/*---
title: Resources changed by Puppet
asks: How much does Puppet change in each task, and how much of it fails?
params:
  from: {type: Date, default: '2010-01-01', is: the first day on which tasks started}
  to: {type: Date, default: today, is: the day before which they started}
  installation: {type: String, default: '', is: "an installation's uid; empty means all"}
chart: {type: bar, x: task, y: resources_changed}
columns:
  task: {is: "the task's technical name"}
  puppet_runs: {title: Puppet runs, format: integer}
  resources: {format: integer, is: "resources that Puppet looked after, in all runs"}
  resources_changed: {title: Changed, format: integer}
  resources_failed: {title: Failed, format: integer}
  changed_share: {title: Changed of all, format: percent(1), is: changed resources per resource}
  avg_puppet_s: {title: Time on average, format: seconds}
---*/
WITH run AS (
  SELECT task, resources AS looked_after, resources_changed AS changed, resources_failed AS failed, puppet_s
  FROM fuel_task_counted
  WHERE resources IS NOT NULL
    AND started_at >= {from:DateTime('UTC')}
    AND started_at < {to:DateTime('UTC')}
    AND ({installation:String} = '' OR installation_uid = {installation:String})
)
SELECT
  task,
  count() AS puppet_runs,
  sum(looked_after) AS resources,
  sum(changed) AS resources_changed,
  sum(failed) AS resources_failed,
  1.0 * sum(changed) / nullIf(sum(looked_after), 0) AS changed_share,
  avg(puppet_s) AS avg_puppet_s
FROM run
GROUP BY task
ORDER BY resources_changed DESC, task
