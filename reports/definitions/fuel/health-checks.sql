/*---
title: Results of health checks
asks: Which health checks fail most often?
params:
  from: {type: Date, default: '2010-01-01', is: the first day on which checks started}
  to: {type: Date, default: today, is: the day before which they started}
  release: {type: String, default: '', is: "a release of the installer, or unknown; empty means all"}
  testset: {type: String, default: '', is: "a set of tests such as sanity; empty means all"}
chart: {type: bar, x: test, y: failure_rate}
columns:
  testset: {title: Test set}
  test: {is: what the test checks}
  runs: {format: integer, is: tests that were skipped are no runs}
  failures: {format: integer, is: runs that ended in a failure or an error}
  failure_rate: {format: percent(1), is: failures per run}
  test_id: {title: Test's technical name}
---*/
WITH run AS (
  SELECT
    coalesce(nullIf(h.testset, ''), 'unknown') AS testset,
    coalesce(h.test_id, 'unknown') AS test_id,
    coalesce(h.test, h.test_id, 'unknown') AS test,
    CASE WHEN h.status IN ('failure', 'error') THEN 1 ELSE 0 END AS failed
  FROM fuel_health_check_counted AS h
  LEFT JOIN fuel_installation_current AS i ON i.installation_uid = h.installation_uid
  WHERE (h.status IS NULL OR h.status <> 'skipped')
    AND h.started_at >= {from:DateTime('UTC')}
    AND h.started_at < {to:DateTime('UTC')}
    AND ({release:String} = '' OR coalesce(nullIf(i.release, ''), 'unknown') = {release:String})
)
SELECT
  testset,
  test,
  count() AS runs,
  sum(failed) AS failures,
  1.0 * sum(failed) / count() AS failure_rate,
  test_id
FROM run
WHERE {testset:String} = '' OR testset = {testset:String}
GROUP BY testset, test, test_id
ORDER BY failure_rate DESC, failures DESC, testset, test, test_id
