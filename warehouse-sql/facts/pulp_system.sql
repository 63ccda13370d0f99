/*---
about: "Systems that checked in, day by day; kept for less than 30 days, as their sites were promised: what is told of earlier days are sums"
grain: one row per system and day (UTC) on which it checked in
key: [day, system]
partition: toYYYYMM(day)
# Sites are told that what they report is never kept longer.
retain_days: 30
columns:
  day: {is: "the day of the check-in, in UTC"}
  system: {is: the anonymous system, identifies: site}
  created_at: {is: when it checked in first on that day, unit: UTC}
  first_seen_at: {is: when it checked in for the first time ever, unit: UTC}
  age_days: {is: "from the day of its first check-in ever to this day, both in UTC; 0 on the first one", unit: days}
  postgresql_version: {is: "the version of PostgreSQL in words, for example 14.5 or 9.1.5; unknown where it told none"}
  users: {is: "the number of users; NULL where it told none, as in the columns that follow"}
  groups: {is: the number of groups of users}
  domains: {is: the number of domains}
  custom_access_policies: {is: "the number of access policies that are not the delivered ones"}
  custom_roles: {is: "the number of roles that are not the delivered ones"}
  content_app_processes: {is: the number of processes that serve content}
  content_app_hosts: {is: the number of hosts that these run on}
  worker_processes: {is: the number of processes that do tasks}
  worker_hosts: {is: the number of hosts that these run on}
---*/
SELECT
  toDate(created) AS day,
  toString(system_id) AS system,
  created AS created_at,
  first_seen AS first_seen_at,
  toInt32(dateDiff('day', first_seen, created)) AS age_days,
  -- libpq's number: since version 10 major and minor (140005), before that three numbers (90105).
  multiIf(
    landed.postgresql_version <= 0, 'unknown',
    landed.postgresql_version >= 100000, concat(intDiv(landed.postgresql_version, 10000), '.', landed.postgresql_version % 10000),
    concat(intDiv(landed.postgresql_version, 10000), '.', intDiv(landed.postgresql_version, 100) % 100, '.', landed.postgresql_version % 100))
    AS postgresql_version,
  users, groups, domains, custom_access_policies, custom_roles,
  content_app_processes, content_app_hosts, worker_processes, worker_hosts
FROM {landing} AS landed
