/*---
title: No recent backup
asks: When was the warehouse last backed up well, where that is longer ago than it should be?
params:
  hours: {type: Int64, default: 48, is: "how old the last good backup may be"}
columns:
  backup: {is: "the last good one; empty: none ever was"}
  taken_at: {title: Rows of, is: the time whose rows it has}
  error: {is: "why the last attempt failed; empty: there was none since, or it was killed"}
alert: {every: 1h, cool_down: 1d}
---*/
WITH tried AS (
  SELECT
    argMax(name, CASE WHEN outcome = 'good' THEN taken_at END) AS backup,
    maxIf(taken_at, outcome = 'good') AS good_at,
    argMax(error, taken_at) AS last_error,
    count() AS attempts
  FROM etl_backup
  WHERE kind IN ('full', 'incremental')
)
SELECT
  coalesce(backup, '') AS backup,
  good_at AS taken_at,
  last_error AS error
FROM tried
WHERE attempts > 0
  AND (good_at IS NULL OR seconds_between(good_at, utc_now()) > 3600 * {hours:Int64})
ORDER BY taken_at
