/*---
about: Deployments of environments of installations that aren't filtered; those of installations that never sent a state count too
---*/
SELECT installation_uid, operation_id, environment_id, started_at, ended_at, duration_s, status
FROM fuel_deployment
WHERE installation_uid NOT IN (SELECT installation_uid FROM fuel_installation_filtered)
