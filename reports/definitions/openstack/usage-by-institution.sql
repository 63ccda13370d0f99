/*---
title: Usage by institution
asks: How much of the cloud did each institution use, month by month?
shared: usage
params: {from: , to: , institution: , project: , user: }
chart: {type: line, x: month, y: cost, series: institution}
columns:
  month:
  institution: {link: 'openstack/usage-by-project?institution={institution}&from={from}&to={to}', is: "by its shares of projects; what no institution bought is under the root project's name, and what belongs to no project is unknown"}
  vm_hours:
  vcpu_hours:
  memory_gb_hours:
  volume_gb_hours:
  cost:
---*/
WITH used AS (
  -- Whole seconds, as wide integers: they add up exactly, and are divided only at the end.
  SELECT
    u.month AS month,
    u.moc_project_id AS moc_project_id,
    sum(u.seconds * u.vms) AS vm,
    sum(u.seconds * u.vcpus) AS vcpu,
    sum(u.seconds * u.memory_mb) AS memory_mb,
    sum(u.seconds * u.volume_gb) AS volume_gb,
    sum(u.seconds * u.price_cents) AS cents
  FROM (
    SELECT *, seconds_within(started_at, ended_at, {from:DateTime('UTC')}, {to:DateTime('UTC')}) AS seconds
    FROM openstack_usage
  ) AS u
  WHERE u.seconds > 0
    AND ({user:String} = '' OR u.username = {user:String})
    AND ({project:String} = '' OR u.moc_project_id IN (SELECT c.moc_project_id FROM openstack_project_called AS c WHERE c.called = {project:String}))
  GROUP BY u.month, u.moc_project_id
)
SELECT
  u.month AS month,
  s.institution AS institution,
  -- Shares are in 1/10000: 3,600 s × 10,000 to the hour.
  sum(u.vm * s.ten_thousandths) / 36000000 AS vm_hours,
  sum(u.vcpu * s.ten_thousandths) / 36000000 AS vcpu_hours,
  sum(u.memory_mb * s.ten_thousandths) / 36864000000 AS memory_gb_hours,
  sum(u.volume_gb * s.ten_thousandths) / 36000000 AS volume_gb_hours,
  sum(u.cents * s.ten_thousandths) / 3600000000 AS cost
FROM used AS u
JOIN openstack_share AS s ON s.moc_project_id = u.moc_project_id
WHERE ({institution:String} = '' OR s.institution = {institution:String})
GROUP BY u.month, s.institution
ORDER BY u.month, s.institution
