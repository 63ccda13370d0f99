/*---
title: Use of access control
asks: How many users, groups, domains, access policies and roles of their own do persistent systems have, day by day?
shared: counted
params:
  from:
  to:
  measure: {type: String, default: '', is: "users, groups, domains, custom_access_policies or custom_roles; empty means all"}
  min_age_days:
columns:
  day:
  measure: {is: what is counted}
  number: {key: true, format: integer, is: how many of them a system has}
  systems: {format: integer, is: "persistent systems that have so many; those that told no number aren't counted"}
---*/
SELECT
  day,
  measure,
  number,
  sum(systems) AS systems
FROM pulp_measure_count
WHERE day >= {from:Date} AND day < {to:Date}
  AND age_days >= {min_age_days:Int32}
  AND measure IN ('users', 'groups', 'domains', 'custom_access_policies', 'custom_roles')
  AND ({measure:String} = '' OR measure = {measure:String})
GROUP BY day, measure, number
ORDER BY day, measure, number
