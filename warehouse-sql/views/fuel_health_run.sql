/*---
about: >-
  Runs of test sets, of every installation that sent one, each with the results of its tests in one text: many runs have the same, so
  reports count the texts first, and take apart (`unpacked`) only those that differ
kept: true
partition_of: fuel_health_check
group: [installation_uid, operation_id, run_number]
---*/
SELECT
  installation_uid, operation_id, run_number, started_at,
  packed_list(packed(testset) || ' ' || packed(test_id) || ' ' || packed(test) || ' ' || packed(status), test_number) AS results
FROM fuel_health_check
GROUP BY installation_uid, operation_id, run_number, started_at
