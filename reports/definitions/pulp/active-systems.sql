/*---
title: Active systems
asks: How many systems checked in each day, and how many of them are persistent?
shared: counted
params:
  from:
  to:
  min_age_days:
chart: {type: line, x: day, y: [systems, persistent_systems]}
columns:
  day:
  systems: {format: integer, is: all that checked in on that day}
  persistent_systems: {format: integer, is: "those whose age is at least min_age_days"}
---*/
SELECT
  day,
  sum(c.systems) AS systems,
  sum(if(c.age_days >= {min_age_days:Int32}, c.systems, 0)) AS persistent_systems
FROM pulp_system_count AS c
WHERE day >= {from:Date} AND day < {to:Date}
GROUP BY day
ORDER BY day
