/*---
about: Reports on what runs inside environments, of installations that aren't filtered; those of installations that never sent a state count too
---*/
SELECT
  installation_uid, environment_id, reported_on, resource_type, updated_at, fuel_version, openstack_version, os, resources, added, removed,
  modified
FROM fuel_workload
WHERE installation_uid NOT IN (SELECT installation_uid FROM fuel_installation_filtered)
