/*---
title: Extracts whose last run failed
asks: Which extracts fail, and why?
columns:
  extract: {is: what fails}
  kind: {is: "what kind of run it was: incremental, backfill, verify or heal"}
  failed_at: {is: when it ended}
  failures: {format: integer, is: how many runs in a row have failed}
  error: {is: what it said}
alert: {every: 5m, cool_down: 4h}
---*/
WITH ended AS (
  SELECT extract, run, kind, outcome, finished_at, error
  FROM etl_run
  WHERE outcome NOT IN ('running', 'publishing')
),
good AS (
  SELECT extract, maxIf(run, outcome NOT IN ('failed', 'half')) AS last_good
  FROM ended
  GROUP BY extract
)
SELECT
  e.extract AS extract,
  argMax(e.kind, e.run) AS kind,
  max(e.finished_at) AS failed_at,
  count() AS failures,
  argMax(e.error, e.run) AS error
FROM ended AS e
JOIN good AS g ON g.extract = e.extract
WHERE e.run > coalesce(g.last_good, 0)
GROUP BY e.extract
ORDER BY failed_at DESC, extract
