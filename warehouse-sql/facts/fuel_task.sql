/*---
about: Tasks of deployments, as they ran on nodes
grain: one row per task on one node in one run
key: [installation_uid, run_id, task_id]
partition: ifNull(toYYYYMM(started_at), 0)
columns:
  installation_uid: {is: the anonymous installation, identifies: site}
  run_id: {is: "the deployment that the task belongs to, a number within its installation"}
  task_id: {is: "the collector's number of the row"}
  environment_id: {is: "the environment that was deployed, a number within its installation"}
  task: {is: "the task's technical name"}
  node_id: {is: "the node that it ran on: master, or the node's number within its installation"}
  status: {is: "pending, running, ready, error or skipped"}
  started_at: {is: when it began; NULL until then, unit: UTC}
  ended_at: {is: when it ended; NULL until then, unit: UTC}
  duration_s: {is: "how long it ran; NULL until it ended, and where the site's clock was set back meanwhile", unit: seconds}
  puppet_s: {is: "how long Puppet ran for it; NULL where it didn't", unit: seconds}
  config_retrieval_s: {is: "how much of that Puppet took to fetch its configuration", unit: seconds}
  resources: {is: "the resources that Puppet looked after; NULL where it didn't run"}
  resources_changed: {is: those of them that it changed}
  resources_failed: {is: those of them that it failed to change}
  resources_out_of_sync: {is: those of them that were not as they should be}
expect:
  - duration_s IS NULL OR duration_s >= 0
---*/
SELECT
  master_node_uid AS installation_uid,
  deployment_task_id AS run_id,
  id AS task_id,
  cluster_id AS environment_id,
  task_name AS task,
  node_id,
  status,
  time_start AS started_at,
  time_end AS ended_at,
  if(time_end >= time_start, (toUnixTimestamp64Micro(time_end) - toUnixTimestamp64Micro(time_start)) / 1e6, NULL) AS duration_s,
  puppet.time.total AS puppet_s,
  puppet.time.config_retrieval AS config_retrieval_s,
  puppet.resources.total AS resources,
  puppet.resources.changed AS resources_changed,
  puppet.resources.failed AS resources_failed,
  puppet.resources.out_of_sync AS resources_out_of_sync
FROM {landing}
