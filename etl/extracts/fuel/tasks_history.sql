/*---
about: Tasks of deployments, one for each task on each node
source: Fuel
mode: append
key: [master_node_uid, deployment_task_id, id]
cursor: id
# Status and end are updated while a deployment runs; what an abandoned one left behind a million rows ago won't change any more.
unfinished: status IN ('pending', 'running') AND id > (SELECT max(id) - 1000000 FROM tasks_history)
event_time: time_start
shard_by: master_node_uid
deletes: sites
schedule: 0 10/15 * * * ?
parse:
  puppet: >-
    JSONExtract(sound_json(ifNull(summary, '')), 'Tuple(
      time Tuple(total Nullable(Float64), config_retrieval Nullable(Float64)),
      resources Tuple(total Nullable(Int32), changed Nullable(Int32), failed Nullable(Int32), out_of_sync Nullable(Int32)))')
facts: [fuel_task]
---*/
SELECT id, master_node_uid, deployment_task_id, cluster_id, task_name, node_id, time_start, time_end, status, summary
FROM tasks_history
