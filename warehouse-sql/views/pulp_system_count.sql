/*---
about: "Systems that checked in, counted by day, age and version of PostgreSQL: no system is in it, so it is kept for good"
outlives: pulp_system.day
---*/
SELECT
  s.day AS day,
  s.age_days AS age_days,
  s.postgresql_version AS postgresql_version,
  count() AS systems
FROM pulp_system AS s
GROUP BY s.day, s.age_days, s.postgresql_version
