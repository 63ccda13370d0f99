/*---
about: Tenants of each day's last report, of installations that aren't filtered
---*/
SELECT
  installation_uid, environment_id, reported_on, tenant_id, is_enabled
FROM fuel_tenant
WHERE installation_uid NOT IN (SELECT installation_uid FROM fuel_installation_filtered)
  -- What is gone since an earlier state of the day's report has kept its row.
  AND (installation_uid, environment_id, reported_on, state) IN (
    SELECT installation_uid, environment_id, reported_on, state
    FROM fuel_workload
    WHERE resource_type = 'tenant')
