/*---
about: "How many systems of a day and an age had which version of a component: no system is in it, so it is kept for good"
outlives: pulp_component.day
---*/
SELECT
  c.day AS day,
  c.age_days AS age_days,
  c.component AS component,
  c.version AS version,
  count() AS systems
FROM pulp_component AS c
GROUP BY c.day, c.age_days, c.component, c.version
