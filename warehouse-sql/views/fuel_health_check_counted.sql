/*---
about: Results of health checks of installations that aren't filtered; those of installations that never sent a state count too
---*/
SELECT
  installation_uid, operation_id, run_number, test_number, environment_id, started_at, testset, test_id, test, status, taken_s
FROM fuel_health_check
WHERE installation_uid NOT IN (SELECT installation_uid FROM fuel_installation_filtered)
