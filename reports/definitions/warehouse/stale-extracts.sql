/*---
title: Extracts that are behind
asks: Which extracts' data are older than they should be, since nothing was loaded or the replica stands still?
params:
  minutes: {type: Int64, default: 120, is: "how old an extract's data may be, in minutes"}
  forget_days: {type: Int64, default: 60, is: "extracts without a load for longer than this are taken as given up"}
columns:
  extract: {is: what is behind}
  loaded_at: {is: the time up to which its data reach}
  outcome: {title: Last run, is: "how its last run ended; running or publishing where it goes on, or was killed; half where it ended while it put its rows in"}
  error: {is: "why, where it failed"}
alert: {every: 5m, cool_down: 4h}
---*/
WITH extract_load AS (
  SELECT
    extract,
    maxIf(coalesce(replayed_at, finished_at), outcome = 'published') AS loaded_at,
    argMax(outcome, run) AS last_outcome,
    argMax(error, run) AS last_error
  FROM etl_run
  WHERE kind IN ('incremental', 'accept', 'backfill')
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
