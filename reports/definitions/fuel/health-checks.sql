/*---
title: Results of health checks
asks: Which health checks fail most often?
shared: installer
params:
  from: {type: Date, default: '2010-01-01', is: the first day on which checks started}
  to: {type: Date, default: today, is: the day before which they started}
  release:
  testset: {type: String, default: '', is: "a set of tests such as sanity; empty means all"}
chart: {type: bar, x: test, y: failure_rate}
columns:
  testset: {title: Test set, link: 'fuel/health-checks?testset={testset}&release={release}&from={from}&to={to}'}
  test: {is: what the test checks}
  runs: {format: integer, is: tests that were skipped are no runs}
  failures: {format: integer, is: runs that ended in a failure or an error}
  failure_rate: {format: percent(1), is: failures per run}
  test_id: {title: Test's technical name}
---*/
WITH run AS (
  SELECT r.results AS results, count() AS times
  FROM fuel_health_run_counted AS r
  WHERE r.started_at >= {from:DateTime('UTC')}
    AND r.started_at < {to:DateTime('UTC')}
    AND ({release:String} = ''
      OR r.installation_uid IN (
        SELECT i.installation_uid FROM fuel_installation_current AS i WHERE coalesce(nullIf(i.release, ''), 'unknown') = {release:String})
      OR ({release:String} = 'unknown' AND r.installation_uid NOT IN (SELECT i.installation_uid FROM fuel_installation_current AS i)))
  GROUP BY r.results
),
result AS (
  SELECT splitByChar(' ', item) AS field, times
  FROM (SELECT arrayJoin(splitByChar('|', results)) AS item, times FROM run) AS packed_result
),
test AS (
  SELECT
    coalesce(nullIf(unpacked(field[1]), ''), 'unknown') AS testset,
    coalesce(unpacked(field[2]), 'unknown') AS test_id,
    coalesce(unpacked(field[3]), unpacked(field[2]), 'unknown') AS test,
    unpacked(field[4]) AS status,
    times
  FROM result
)
SELECT
  testset,
  test,
  sum(times) AS runs,
  sum(CASE WHEN status IN ('failure', 'error') THEN times ELSE 0 END) AS failures,
  1.0 * sum(CASE WHEN status IN ('failure', 'error') THEN times ELSE 0 END) / sum(times) AS failure_rate,
  test_id
FROM test
WHERE (status IS NULL OR status <> 'skipped')
  AND ({testset:String} = '' OR testset = {testset:String})
GROUP BY testset, test, test_id
ORDER BY failure_rate DESC, failures DESC, testset, test, test_id
