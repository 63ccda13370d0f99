/*---
title: Size of deployments
asks: How many processes and hosts does a persistent system have on average, day by day?
shared: counted
params:
  from:
  to:
  min_age_days:
chart: {type: line, x: day, y: [worker_processes, worker_hosts, content_app_processes, content_app_hosts]}
columns:
  day:
  worker_processes: {format: decimal(2), is: "on average, of the systems that told it"}
  worker_hosts: {format: decimal(2), is: "on average, of the systems that told it"}
  content_app_processes: {format: decimal(2), is: "on average, of the systems that told it"}
  content_app_hosts: {format: decimal(2), is: "on average, of the systems that told it"}
  systems: {format: integer, is: "all persistent systems, whether they told something or not"}
---*/
WITH size AS (
  SELECT
    m.day AS day,
    sumIf(m.number * m.systems, m.measure = 'worker_processes') / sumIf(m.systems, m.measure = 'worker_processes') AS worker_processes,
    sumIf(m.number * m.systems, m.measure = 'worker_hosts') / sumIf(m.systems, m.measure = 'worker_hosts') AS worker_hosts,
    sumIf(m.number * m.systems, m.measure = 'content_app_processes') / sumIf(m.systems, m.measure = 'content_app_processes') AS content_app_processes,
    sumIf(m.number * m.systems, m.measure = 'content_app_hosts') / sumIf(m.systems, m.measure = 'content_app_hosts') AS content_app_hosts
  FROM pulp_measure_count AS m
  WHERE m.day >= {from:Date} AND m.day < {to:Date}
    AND m.age_days >= {min_age_days:Int32}
  GROUP BY m.day
),
counted AS (
  SELECT
    c.day AS day,
    sum(c.systems) AS systems
  FROM pulp_system_count AS c
  WHERE c.day >= {from:Date} AND c.day < {to:Date}
    AND c.age_days >= {min_age_days:Int32}
  GROUP BY c.day
)
SELECT
  c.day AS day,
  s.worker_processes AS worker_processes,
  s.worker_hosts AS worker_hosts,
  s.content_app_processes AS content_app_processes,
  s.content_app_hosts AS content_app_hosts,
  c.systems AS systems
FROM counted AS c
LEFT JOIN size AS s ON s.day = c.day
ORDER BY c.day
