/*---
title: Rows kept longer than promised
asks: Of which facts are rows there that sites were promised would be gone?
params:
  today: {type: Date, default: today, is: the present day (UTC)}
columns:
  fact: {is: "whose header says `retain_days: 30`"}
  oldest: {is: the day of its oldest row}
  rows: {format: integer, is: "rows of 30 days and more: the nightly removal hasn't run, or failed; `make retention REMOVE=1` says why"}
alert: {every: 1h, cool_down: 1d}
---*/
SELECT
  k.fact AS fact,
  k.oldest AS oldest,
  k.rows AS rows
FROM (
  SELECT 'pulp_component' AS fact, min(day) AS oldest, count() AS rows FROM pulp_component WHERE dateDiff('day', day, {today:Date}) >= 30
  UNION ALL
  SELECT 'pulp_system' AS fact, min(day) AS oldest, count() AS rows FROM pulp_system WHERE dateDiff('day', day, {today:Date}) >= 30
) AS k
WHERE k.rows > 0
ORDER BY k.fact
