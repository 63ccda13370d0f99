/*---
title: Releases of components
asks: Which releases of the components are in use by persistent systems, day by day?
params:
  from: {type: Date, default: '2010-01-01', is: the first day (UTC)}
  to: {type: Date, default: today, is: the day (UTC) before which it ends}
  component: {type: String, default: '', is: "a component, for example core; empty means all"}
  min_age_days: {type: Int32, default: 1, is: "the age in days from which on a system counts as persistent"}
columns:
  day: {is: "the day of the check-ins, in UTC"}
  component: {is: "the component's name, for example core or rpm"}
  release: {is: "x.y.z, for example 3.49.1; as the system told it where that doesn't begin with a number"}
  systems: {format: integer, is: "persistent systems that have it"}
---*/
WITH installed AS (
  SELECT
    c.day AS day,
    c.component AS component,
    coalesce(release_xyz(c.version), c.version) AS release
  FROM pulp_component AS c
  WHERE c.day >= {from:Date} AND c.day < {to:Date}
    AND c.age_days >= {min_age_days:Int32}
    AND ({component:String} = '' OR c.component = {component:String})
)
SELECT
  day,
  component,
  release,
  count() AS systems
FROM installed
GROUP BY day, component, release
ORDER BY day, component, version_order(release), release
