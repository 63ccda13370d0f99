/*---
title: Use of access control
asks: How many users, groups, domains, access policies and roles of their own do persistent systems have, day by day?
params:
  from: {type: Date, default: '2010-01-01', is: the first day (UTC)}
  to: {type: Date, default: today, is: the day (UTC) before which it ends}
  measure: {type: String, default: '', is: "users, groups, domains, custom_access_policies or custom_roles; empty means all"}
  min_age_days: {type: Int32, default: 1, is: "the age in days from which on a system counts as persistent"}
columns:
  day: {is: "the day of the check-ins, in UTC"}
  measure: {is: what is counted}
  number: {format: integer, is: how many of them a system has}
  systems: {format: integer, is: "persistent systems that have so many; those that told no number aren't counted"}
---*/
WITH system AS (
  SELECT day, users, groups, domains, custom_access_policies, custom_roles
  FROM pulp_system
  WHERE day >= {from:Date} AND day < {to:Date}
    AND age_days >= {min_age_days:Int32}
),
measured AS (
  SELECT day, 'users' AS measure, users AS number FROM system
  UNION ALL
  SELECT day, 'groups' AS measure, groups AS number FROM system
  UNION ALL
  SELECT day, 'domains' AS measure, domains AS number FROM system
  UNION ALL
  SELECT day, 'custom_access_policies' AS measure, custom_access_policies AS number FROM system
  UNION ALL
  SELECT day, 'custom_roles' AS measure, custom_roles AS number FROM system
)
SELECT
  day,
  measure,
  number,
  count() AS systems
FROM measured
WHERE number IS NOT NULL
  AND ({measure:String} = '' OR measure = {measure:String})
GROUP BY day, measure, number
ORDER BY day, measure, number
