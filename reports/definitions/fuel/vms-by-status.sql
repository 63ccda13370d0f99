/*---
title: Virtual machines by status
asks: How many virtual machines run in environments, and in which status are they?
shared: installer
params:
  from: {type: Date, default: '2010-01-01', is: the first day}
  to: {type: Date, default: today, is: the day after the last one}
  release:
chart: {type: line, x: day, y: vms, series: status}
columns:
  day: {format: date, link: 'fuel/vms-by-size?from={day}&to={day}+1&release={release}'}
  status: {is: "in lower case; unknown where there is none"}
  vms: {title: Virtual machines, format: integer, is: "in the environments that reported on the day"}
  installations: {format: integer, is: installations that have such a machine}
  share: {format: percent, is: "of the day's machines"}
---*/
WITH vm AS (
  SELECT
    v.reported_on AS day,
    v.installation_uid AS installation_uid,
    coalesce(nullIf(lower(v.status), ''), 'unknown') AS status
  FROM fuel_vm_counted AS v
  LEFT JOIN fuel_installation_current AS i ON i.installation_uid = v.installation_uid
  WHERE v.reported_on >= {from:Date}
    AND v.reported_on < {to:Date}
    AND ({release:String} = '' OR coalesce(nullIf(i.release, ''), 'unknown') = {release:String})
)
SELECT
  day,
  status,
  count() AS vms,
  uniqExact(installation_uid) AS installations,
  1.0 * count() / sum(count()) OVER (PARTITION BY day) AS share
FROM vm
GROUP BY day, status
ORDER BY day, status
