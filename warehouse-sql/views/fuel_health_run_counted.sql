/*---
about: Runs of test sets of installations that aren't filtered; those of installations that never sent a state count too
---*/
SELECT installation_uid, operation_id, run_number, started_at, results
FROM fuel_health_run
WHERE installation_uid NOT IN (SELECT installation_uid FROM fuel_installation_filtered)
