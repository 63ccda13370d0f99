/*---
about: "How many systems of a day and an age told which number, of each thing that is counted apart from the others: no system is in it, so it is kept for good"
outlives: pulp_system.day
---*/
SELECT
  t.day AS day,
  t.age_days AS age_days,
  t.measure AS measure,
  t.number AS number,
  count() AS systems
FROM (
  SELECT day, age_days, 'users' AS measure, users AS number FROM pulp_system
  UNION ALL
  SELECT day, age_days, 'groups' AS measure, groups AS number FROM pulp_system
  UNION ALL
  SELECT day, age_days, 'domains' AS measure, domains AS number FROM pulp_system
  UNION ALL
  SELECT day, age_days, 'custom_access_policies' AS measure, custom_access_policies AS number FROM pulp_system
  UNION ALL
  SELECT day, age_days, 'custom_roles' AS measure, custom_roles AS number FROM pulp_system
  UNION ALL
  SELECT day, age_days, 'content_app_processes' AS measure, content_app_processes AS number FROM pulp_system
  UNION ALL
  SELECT day, age_days, 'content_app_hosts' AS measure, content_app_hosts AS number FROM pulp_system
  UNION ALL
  SELECT day, age_days, 'worker_processes' AS measure, worker_processes AS number FROM pulp_system
  UNION ALL
  SELECT day, age_days, 'worker_hosts' AS measure, worker_hosts AS number FROM pulp_system
) AS t
WHERE t.number IS NOT NULL
GROUP BY t.day, t.age_days, t.measure, t.number
