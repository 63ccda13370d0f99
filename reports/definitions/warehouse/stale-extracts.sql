/*---
title: Extracts that are behind
asks: Which extracts have loaded nothing for longer than they should?
params:
  minutes: {type: Int64, default: 120, is: "how long an extract may go without a load, in minutes"}
  forget_days: {type: Int64, default: 60, is: "extracts without a load for longer than this are taken as given up"}
columns:
  extract: {is: what is behind}
  loaded_at: {is: when its last load was published}
  outcome: {title: Last run, is: "how its last run ended; running where it goes on, or was killed"}
  error: {is: "why, where it failed"}
alert: {every: 5m, cool_down: 4h}
---*/
WITH extract_load AS (
  SELECT
    extract,
    maxIf(finished_at, outcome = 'published') AS loaded_at,
    argMax(outcome, run) AS last_outcome,
    argMax(error, run) AS last_error
  FROM etl_run
  WHERE kind IN ('incremental', 'backfill')
  GROUP BY extract
)
SELECT
  extract,
  loaded_at,
  last_outcome AS outcome,
  last_error AS error
FROM extract_load
WHERE seconds_between(loaded_at, utc_now()) > 60 * {minutes:Int64}
  AND seconds_between(loaded_at, utc_now()) < 86400 * {forget_days:Int64}
ORDER BY loaded_at, extract
