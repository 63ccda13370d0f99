/*---
about: Tasks of deployments at installations that aren't filtered; those of installations that never sent a state count too
---*/
SELECT
  installation_uid, run_id, task_id, environment_id, task, node_id, status, started_at, ended_at, duration_s,
  puppet_s, config_retrieval_s, resources, resources_changed, resources_failed, resources_out_of_sync
FROM fuel_task
WHERE installation_uid NOT IN (SELECT installation_uid FROM fuel_installation_filtered)
