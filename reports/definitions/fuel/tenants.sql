/*---
title: Tenants and users
asks: How many tenants and users do environments have?
shared: installer
params:
  from: {type: Date, default: '2010-01-01', is: the first day}
  to: {type: Date, default: today, is: the day after the last one}
  release:
chart: {type: line, x: day, y: [tenants, users]}
columns:
  day: {format: date}
  environments: {format: integer, is: environments that reported on the day}
  tenants: {format: integer}
  enabled_tenants: {title: Enabled, format: integer, is: tenants whose users may do anything}
  tenants_per_environment: {title: Per environment, format: decimal(1)}
  users: {format: integer, is: "as many as the environments counted on the day"}
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
tenant AS (
  SELECT
    r.reported_on AS day,
    r.is_enabled AS is_enabled
  FROM fuel_tenant_counted AS r
  LEFT JOIN fuel_installation_current AS i ON i.installation_uid = r.installation_uid
  WHERE r.reported_on >= {from:Date}
    AND r.reported_on < {to:Date}
    AND ({release:String} = '' OR coalesce(nullIf(i.release, ''), 'unknown') = {release:String})
),
day_report AS (
  SELECT day, countIf(resource_type = 'tenant') AS environments,
    coalesce(sumIf(resources, resource_type = 'keystone_user'), 0) AS users
  FROM report
  GROUP BY day
),
day_tenant AS (
  SELECT
    day,
    count() AS tenants,
    countIf(is_enabled) AS enabled_tenants
  FROM tenant
  GROUP BY day
)
SELECT
  r.day AS day,
  r.environments AS environments,
  coalesce(t.tenants, 0) AS tenants,
  coalesce(t.enabled_tenants, 0) AS enabled_tenants,
  1.0 * coalesce(t.tenants, 0) / r.environments AS tenants_per_environment,
  r.users AS users
FROM day_report AS r
LEFT JOIN day_tenant AS t ON t.day = r.day
WHERE r.environments > 0
ORDER BY day
