/*---
about: Results of the health checks that sites ran against their environments
grain: one row per test in one run of a test set
key: [installation_uid, operation_id, run_number, test_number]
partition: ifNull(toYYYYMM(started_at), 0)
columns:
  installation_uid: {is: the anonymous installation, identifies: site}
  operation_id: {is: "the operation that ran the checks, a number within its installation"}
  run_number: {is: "the test set's place within the operation, from 1"}
  test_number: {is: "the test's place within its test set, from 1"}
  environment_id: {is: "the environment that was checked, a number within its installation"}
  started_at: {is: when the site began the operation, unit: UTC}
  testset: {is: "the set of tests: sanity, smoke, ha, platform_tests …"}
  test_id: {is: "the test's technical name"}
  test: {is: "the test's name for people; its technical name where it has none"}
  status: {is: "success, failure, error, skipped or stopped"}
  taken_s: {is: how long the test took, unit: seconds}
expect:
  - run_number > 0 AND test_number > 0
---*/
WITH
  arrayJoin(arrayFlatten(arrayMap(
    (testrun, r) -> arrayMap((test, t) -> (r, t, testrun.testset, test), testrun.tests, arrayEnumerate(testrun.tests)),
    testruns, arrayEnumerate(testruns)))) AS result
SELECT
  master_node_uid AS installation_uid,
  external_id AS operation_id,
  toUInt16(result.1) AS run_number,
  toUInt16(result.2) AS test_number,
  document.cluster_id AS environment_id,
  began AS started_at,
  result.3 AS testset,
  result.4.id AS test_id,
  coalesce(nullIf(result.4.name, ''), result.4.id) AS test,
  result.4.status AS status,
  result.4.taken AS taken_s
FROM {landing}
WHERE document.action_name = 'ostf'
