/*---
title: Releases of components
asks: Which releases of the components are in use by persistent systems, day by day?
shared: counted
params:
  from:
  to:
  component:
  min_age_days:
columns:
  day:
  component: {link: 'pulp/component-versions?component={component}&from={from}&to={to}&min_age_days={min_age_days}', is: "the component's name, for example core or rpm"}
  release: {is: "x.y.z, for example 3.49.1; as the system told it where that doesn't begin with a number"}
  systems: {format: integer, is: "persistent systems that have it"}
---*/
WITH installed AS (
  SELECT
    c.day AS day,
    c.component AS component,
    coalesce(release_xyz(c.version), c.version) AS release,
    c.systems AS systems
  FROM pulp_component_count AS c
  WHERE c.day >= {from:Date} AND c.day < {to:Date}
    AND c.age_days >= {min_age_days:Int32}
    AND ({component:String} = '' OR c.component = {component:String})
)
SELECT
  i.day AS day,
  i.component AS component,
  i.release AS release,
  sum(i.systems) AS systems
FROM installed AS i
GROUP BY i.day, i.component, i.release
ORDER BY i.day, i.component, version_order(i.release), i.release
