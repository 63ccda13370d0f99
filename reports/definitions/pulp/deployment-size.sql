/*---
title: Size of deployments
asks: How many processes and hosts does a persistent system have on average, day by day?
params:
  from: {type: Date, default: '2010-01-01', is: the first day (UTC)}
  to: {type: Date, default: today, is: the day (UTC) before which it ends}
  min_age_days: {type: Int32, default: 1, is: "the age in days from which on a system counts as persistent"}
chart: {type: line, x: day, y: [worker_processes, worker_hosts, content_app_processes, content_app_hosts]}
columns:
  day: {is: "the day of the check-ins, in UTC"}
  worker_processes: {format: decimal(2), is: "on average, of the systems that told it"}
  worker_hosts: {format: decimal(2), is: "on average, of the systems that told it"}
  content_app_processes: {format: decimal(2), is: "on average, of the systems that told it"}
  content_app_hosts: {format: decimal(2), is: "on average, of the systems that told it"}
  systems: {format: integer, is: "all persistent systems, whether they told something or not"}
---*/
SELECT
  s.day AS day,
  avg(s.worker_processes) AS worker_processes,
  avg(s.worker_hosts) AS worker_hosts,
  avg(s.content_app_processes) AS content_app_processes,
  avg(s.content_app_hosts) AS content_app_hosts,
  count() AS systems
FROM pulp_system AS s
WHERE s.day >= {from:Date} AND s.day < {to:Date}
  AND s.age_days >= {min_age_days:Int32}
GROUP BY s.day
ORDER BY day
