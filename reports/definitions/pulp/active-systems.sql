/*---
title: Active systems
asks: How many systems checked in each day, and how many of them are persistent?
params:
  from: {type: Date, default: '2010-01-01', is: the first day (UTC)}
  to: {type: Date, default: today, is: the day (UTC) before which it ends}
  min_age_days: {type: Int32, default: 1, is: "the age in days from which on a system counts as persistent"}
chart: {type: line, x: day, y: [systems, persistent_systems]}
columns:
  day: {is: "the day of the check-ins, in UTC"}
  systems: {format: integer, is: all that checked in on that day}
  persistent_systems: {format: integer, is: "those whose age is at least min_age_days"}
---*/
SELECT
  day,
  count() AS systems,
  countIf(age_days >= {min_age_days:Int32}) AS persistent_systems
FROM pulp_system
WHERE day >= {from:Date} AND day < {to:Date}
GROUP BY day
ORDER BY day
