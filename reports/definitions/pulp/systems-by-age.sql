/*---
title: Systems by age
asks: How old are the systems that check in?
shared: counted
params:
  from:
  to:
  bucket: {type: Bool, default: false, is: "whether ages are put together by powers of two: 0–1, 2, 3–4, 5–8, 9–16 …"}
chart: {type: line, x: day, y: systems, series: age_days}
columns:
  day:
  age_days: {title: Age in days, is: "from the day of the first check-in ever to this day"}
  systems: {format: integer, is: "all systems of that age, also those seen only once"}
---*/
WITH system AS (
  SELECT
    s.day AS day,
    s.age_days AS age,
    s.systems AS systems,
    -- The least power of two that isn't below the age. A logarithm that came out a hair too high would take the next one.
    ceil(log2(greatest(s.age_days, 1)) - 1e-9) AS exponent
  FROM pulp_system_count AS s
  WHERE s.day >= {from:Date} AND s.day < {to:Date}
),
bucketed AS (
  SELECT
    day,
    systems,
    CASE WHEN {bucket:Bool} THEN CAST(pow(2, exponent) AS INTEGER) ELSE age END AS oldest,
    CASE
      WHEN NOT {bucket:Bool} THEN age
      WHEN exponent < 1 THEN 0
      ELSE CAST(pow(2, exponent - 1) AS INTEGER) + 1
    END AS youngest
  FROM system
)
SELECT
  day,
  CASE
    WHEN youngest = oldest THEN CAST(oldest AS VARCHAR)
    ELSE CAST(youngest AS VARCHAR) || '–' || CAST(oldest AS VARCHAR)
  END AS age_days,
  sum(b.systems) AS systems
FROM bucketed AS b
GROUP BY day, youngest, oldest
ORDER BY day, oldest
