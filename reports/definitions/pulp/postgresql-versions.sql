/*---
title: Versions of PostgreSQL
asks: Which versions of PostgreSQL do persistent systems run on, day by day?
shared: counted
params:
  from:
  to:
  min_age_days:
chart: {type: line, x: day, y: systems, series: version}
columns:
  day:
  version: {is: "for example 14.5; unknown where the system told none"}
  systems: {format: integer, is: persistent systems}
---*/
SELECT
  c.day AS day,
  c.postgresql_version AS version,
  sum(c.systems) AS systems
FROM pulp_system_count AS c
WHERE c.day >= {from:Date} AND c.day < {to:Date}
  AND c.age_days >= {min_age_days:Int32}
GROUP BY c.day, c.postgresql_version
ORDER BY c.day, version_order(c.postgresql_version), c.postgresql_version
