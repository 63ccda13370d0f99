/*---
title: Volumes
asks: How many volumes do environments have, and how large are they?
shared: installer
params:
  from: {type: Date, default: '2010-01-01', is: the first day}
  to: {type: Date, default: today, is: the day after the last one}
  release:
chart: {type: line, x: day, y: [volumes, attached_volumes]}
columns:
  day: {format: date}
  environments: {format: integer, is: environments that reported on the day}
  volumes: {format: integer}
  attached_volumes: {title: Attached, format: integer, is: volumes that a virtual machine uses}
  bootable_volumes: {title: Bootable, format: integer, is: volumes that a virtual machine can begin with}
  encrypted_volumes: {title: Encrypted, format: integer}
  size_gb: {title: Size in GiB, format: integer, is: all volumes together}
  avg_size_gb: {title: Size on average, format: decimal(1), is: "of one volume, in GiB"}
---*/
WITH report AS (
  SELECT
    w.reported_on AS day,
    w.resource_type AS resource_type,
    w.resources AS resources
  FROM fuel_workload_counted AS w
  LEFT JOIN fuel_installation_current AS i ON i.installation_uid = w.installation_uid
  WHERE w.reported_on >= {from:Date}
    AND w.reported_on < {to:Date}
    AND ({release:String} = '' OR coalesce(nullIf(i.release, ''), 'unknown') = {release:String})
),
volume AS (
  SELECT
    r.reported_on AS day,
    r.size_gb AS size_gb,
    r.attachments AS attachments,
    r.is_bootable AS is_bootable,
    r.is_encrypted AS is_encrypted
  FROM fuel_volume_counted AS r
  LEFT JOIN fuel_installation_current AS i ON i.installation_uid = r.installation_uid
  WHERE r.reported_on >= {from:Date}
    AND r.reported_on < {to:Date}
    AND ({release:String} = '' OR coalesce(nullIf(i.release, ''), 'unknown') = {release:String})
),
day_report AS (
  SELECT day, countIf(resource_type = 'volume') AS environments
  FROM report
  GROUP BY day
),
day_volume AS (
  SELECT
    day,
    count() AS volumes,
    countIf(attachments > 0) AS attached_volumes,
    countIf(is_bootable) AS bootable_volumes,
    countIf(is_encrypted) AS encrypted_volumes,
    sum(volume.size_gb) AS size_gb,
    avg(volume.size_gb) AS avg_size_gb
  FROM volume
  GROUP BY day
)
SELECT
  r.day AS day,
  r.environments AS environments,
  coalesce(t.volumes, 0) AS volumes,
  coalesce(t.attached_volumes, 0) AS attached_volumes,
  coalesce(t.bootable_volumes, 0) AS bootable_volumes,
  coalesce(t.encrypted_volumes, 0) AS encrypted_volumes,
  coalesce(t.size_gb, 0) AS size_gb,
  t.avg_size_gb AS avg_size_gb
FROM day_report AS r
LEFT JOIN day_volume AS t ON t.day = r.day
WHERE r.environments > 0
ORDER BY day
