/*---
title: Usage by user
asks: How much of the cloud did each user use, month by month?
params:
  from: {type: Date, default: '2010-01-01', is: the first day of the time to account for}
  to: {type: Date, default: today, is: the day after its last one}
  institution: {type: String, default: '', is: "an institution, of whose share alone the figures are; empty means all"}
  project: {type: String, default: '', is: "a project, with its sub-projects: its path, number or name; empty means all"}
  user: {type: String, default: '', is: "a user name, or unknown; empty means all"}
chart: {type: line, x: month, y: cost, series: user}
columns:
  month: {format: date, is: "its first day; of a month that is only partly within the time asked for, that part counts"}
  user: {is: "the user name of the one whom the items belong to; unknown where nobody is known"}
  vm_hours: {title: VM hours, format: decimal(1), is: hours in which virtual machines were active}
  vcpu_hours: {title: vCPU hours, format: decimal(1), is: their virtual processors × hours}
  memory_gb_hours: {title: Memory, format: decimal(1), is: "their main memory × hours, in GB-hours (1024 MB to the GB)"}
  volume_gb_hours: {title: Volumes, format: decimal(1), is: "sizes of active volumes × hours, in GB-hours"}
  cost: {title: Cost, format: decimal(2), is: "price × hours of active items of every kind, in dollars (the catalogue's cents / 100)"}
---*/
WITH used AS (
  -- Whole seconds, as wide integers: they add up exactly, and are divided only at the end.
  SELECT
    piece.month AS month,
    piece.moc_project_id AS moc_project_id,
    piece.username AS username,
    sum(piece.seconds * piece.vms) AS vm,
    sum(piece.seconds * piece.vcpus) AS vcpu,
    sum(piece.seconds * piece.memory_mb) AS memory_mb,
    sum(piece.seconds * piece.volume_gb) AS volume_gb,
    sum(piece.seconds * piece.price_cents) AS cents
  FROM (
    SELECT
      u.month AS month,
      u.moc_project_id AS moc_project_id,
      u.username AS username,
      u.vms AS vms,
      u.vcpus AS vcpus,
      u.memory_mb AS memory_mb,
      u.volume_gb AS volume_gb,
      u.price_cents AS price_cents,
      CAST(dateDiff('second', greatest(u.started_at, {from:DateTime('UTC')}), least(u.ended_at, {to:DateTime('UTC')})) AS Int128) AS seconds
    FROM openstack_usage AS u
    WHERE u.started_at < {to:DateTime('UTC')}
      AND u.ended_at > {from:DateTime('UTC')}
      AND ({user:String} = '' OR u.username = {user:String})
      AND ({project:String} = '' OR u.moc_project_id IN (SELECT c.moc_project_id FROM openstack_project_called AS c WHERE c.called = {project:String}))
  ) AS piece
  WHERE piece.seconds > 0
  GROUP BY piece.month, piece.moc_project_id, piece.username
)
SELECT
  u.month AS month,
  u.username AS user,
  -- Shares are in 1/10000: 3,600 s × 10,000 to the hour.
  sum(u.vm * s.ten_thousandths) / 36000000 AS vm_hours,
  sum(u.vcpu * s.ten_thousandths) / 36000000 AS vcpu_hours,
  sum(u.memory_mb * s.ten_thousandths) / 36864000000 AS memory_gb_hours,
  sum(u.volume_gb * s.ten_thousandths) / 36000000 AS volume_gb_hours,
  sum(u.cents * s.ten_thousandths) / 3600000000 AS cost
FROM used AS u
JOIN openstack_share AS s ON s.moc_project_id = u.moc_project_id
WHERE ({institution:String} = '' OR s.institution = {institution:String})
GROUP BY u.month, u.username
ORDER BY u.month, u.username
