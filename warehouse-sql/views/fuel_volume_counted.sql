/*---
about: Volumes of each day's last report, of installations that aren't filtered
---*/
SELECT
  installation_uid, environment_id, reported_on, volume_id, size_gb, status, volume_type, is_bootable, is_encrypted, attachments, tenant_id
FROM fuel_volume
WHERE installation_uid NOT IN (SELECT installation_uid FROM fuel_installation_filtered)
  -- What is gone since an earlier state of the day's report has kept its row.
  AND (installation_uid, environment_id, reported_on, state) IN (
    SELECT installation_uid, environment_id, reported_on, state
    FROM fuel_workload
    WHERE resource_type = 'volume')
