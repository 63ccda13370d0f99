/*---
title: Versions of PostgreSQL
asks: Which versions of PostgreSQL do persistent systems run on, day by day?
params:
  from: {type: Date, default: '2010-01-01', is: the first day (UTC)}
  to: {type: Date, default: today, is: the day (UTC) before which it ends}
  min_age_days: {type: Int32, default: 1, is: "the age in days from which on a system counts as persistent"}
chart: {type: line, x: day, y: systems, series: version}
columns:
  day: {is: "the day of the check-ins, in UTC"}
  version: {is: "for example 14.5; unknown where the system told none"}
  systems: {format: integer, is: persistent systems}
---*/
SELECT
  day,
  postgresql_version AS version,
  count() AS systems
FROM pulp_system
WHERE day >= {from:Date} AND day < {to:Date}
  AND age_days >= {min_age_days:Int32}
GROUP BY day, postgresql_version
ORDER BY day, version_order(postgresql_version), version
