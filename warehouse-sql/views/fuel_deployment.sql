/*---
about: Deployments of environments, of every installation that sent one
kept: true
partition_of: fuel_action
group: [installation_uid, operation_id]
---*/
SELECT installation_uid, operation_id, environment_id, started_at, ended_at, duration_s, status
FROM fuel_action
WHERE action_name IN ('deploy', 'deployment')
  AND action_type = 'nailgun_task'
