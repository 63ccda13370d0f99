/*---
about: Operations of installations that aren't filtered; those of installations that never sent a state count too
---*/
SELECT
  installation_uid, operation_id, action_group, action_name, action_type, environment_id, started_at, ended_at, duration_s, status,
  settings
FROM fuel_action
WHERE installation_uid NOT IN (SELECT installation_uid FROM fuel_installation_filtered)
