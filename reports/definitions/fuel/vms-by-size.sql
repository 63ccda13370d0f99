/*---
title: Virtual machines by size
asks: Which sizes do virtual machines have?
shared: installer
params:
  from: {type: Date, default: '2010-01-01', is: the first day}
  to: {type: Date, default: today, is: the day after the last one}
  release:
chart: {type: line, x: day, y: vms, series: memory}
columns:
  day: {format: date}
  memory: {is: "main memory of the machine's flavour; unknown where its flavour isn't in the day's report"}
  vms: {title: Virtual machines, format: integer, is: in the environments that reported on the day}
  installations: {format: integer, is: installations that have such a machine}
  share: {format: percent, is: "of the day's machines"}
  vcpus: {title: Virtual processors, format: integer, is: of these machines together}
---*/
WITH vm AS (
  SELECT
    v.reported_on AS day,
    v.installation_uid AS installation_uid,
    f.vcpus AS vcpus,
    CASE WHEN f.memory_mb <= 1024 THEN 1 WHEN f.memory_mb <= 2048 THEN 2 WHEN f.memory_mb <= 4096 THEN 4 WHEN f.memory_mb <= 8192 THEN 8
      WHEN f.memory_mb <= 16384 THEN 16 WHEN f.memory_mb > 16384 THEN 17 ELSE 99 END AS at_most
  FROM fuel_vm_counted AS v
  LEFT JOIN fuel_flavor_counted AS f ON f.installation_uid = v.installation_uid AND f.environment_id = v.environment_id
    AND f.reported_on = v.reported_on AND f.flavor_id = v.flavor_id
  LEFT JOIN fuel_installation_current AS i ON i.installation_uid = v.installation_uid
  WHERE v.reported_on >= {from:Date}
    AND v.reported_on < {to:Date}
    AND ({release:String} = '' OR coalesce(nullIf(i.release, ''), 'unknown') = {release:String})
)
SELECT
  day,
  CASE at_most WHEN 1 THEN 'up to 1 GiB' WHEN 2 THEN '1 to 2 GiB' WHEN 4 THEN '2 to 4 GiB' WHEN 8 THEN '4 to 8 GiB'
    WHEN 16 THEN '8 to 16 GiB' WHEN 17 THEN 'over 16 GiB' ELSE 'unknown' END AS memory,
  count() AS vms,
  uniqExact(installation_uid) AS installations,
  1.0 * count() / sum(count()) OVER (PARTITION BY day) AS share,
  sum(vcpus) AS vcpus
FROM vm
GROUP BY day, at_most
ORDER BY day, at_most
