/*---
title: Extracts with many unreadable documents
asks: Of which extracts could unusually many documents not be understood?
params:
  hours: {type: Int64, default: 24, is: how far to look back}
  percent: {type: Float64, default: 5, is: "how many of the documents read may be unreadable, in percent"}
columns:
  extract: {is: whose documents}
  unreadable: {format: integer, is: "documents that went to quarantine, each read counted"}
  rows_read: {format: integer, title: Read, is: documents that were read}
  share: {format: percent(1), is: unreadable of those read}
alert: {every: 15m, cool_down: 1d}
---*/
WITH extract_day AS (
  SELECT
    extract,
    sum(rows_quarantined) AS unreadable,
    sum(rows_read) AS rows_read
  FROM etl_run
  WHERE outcome = 'published' AND seconds_between(finished_at, utc_now()) < 3600 * {hours:Int64}
  GROUP BY extract
)
SELECT
  extract,
  unreadable,
  rows_read,
  unreadable / rows_read AS share
FROM extract_day
WHERE rows_read > 0 AND 100 * unreadable > {percent:Float64} * rows_read
ORDER BY share DESC, extract
