/*---
title: Extracts whose source is odd
asks: Of which extracts were the rows loaded, though something is wrong at the source?
columns:
  extract: {is: whose source}
  loaded_at: {is: when its last load was published}
  warning: {is: what is wrong there}
alert: {every: 15m, cool_down: 1d}
---*/
WITH last_load AS (
  SELECT
    extract,
    max(finished_at) AS loaded_at,
    argMax(warning, run) AS warning
  FROM etl_run
  WHERE outcome = 'published' AND kind IN ('incremental', 'accept')
  GROUP BY extract
)
SELECT
  extract,
  loaded_at,
  warning
FROM last_load
WHERE warning <> ''
ORDER BY extract
