/*---
about: "Components of the systems that checked in, day by day; kept for less than 30 days, as their sites were promised: what is told of earlier days are sums"
grain: one row per component of a system and day (UTC) on which the system checked in
key: [day, system, component]
partition: toYYYYMM(day)
# Sites are told that what they report is never kept longer.
retain_days: 30
columns:
  day: {is: "the day of the check-in, in UTC"}
  system: {is: the anonymous system, identifies: site}
  component: {is: "the component's name, for example core or rpm"}
  version: {is: "its version as the system told it, for example 3.49.1"}
  age_days: {is: "the system's age: from the day of its first check-in ever to this day, both in UTC", unit: days}
---*/
SELECT
  toDate(created) AS day,
  toString(system_id) AS system,
  name AS component,
  version,
  toInt32(dateDiff('day', first_seen, created)) AS age_days
FROM {landing}
