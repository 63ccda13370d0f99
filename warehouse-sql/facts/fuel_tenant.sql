/*---
about: Tenants (groups of users) of environments
grain: one row per tenant of an environment on one day
key: [installation_uid, environment_id, reported_on, tenant_id]
partition: toYYYYMM(reported_on)
columns:
  installation_uid: {is: the anonymous installation, identifies: site}
  environment_id: {is: "the environment, a number within its installation"}
  reported_on: {is: "the day of the report, by the site's clock"}
  tenant_id: {is: "the tenant, a number without a name"}
  state: {is: "the report that told so; the row counts where the day's report in fuel_workload is the same"}
  is_enabled: {is: whether its users may do anything}
---*/
WITH
  arrayJoin(JSONExtract(if(resource_type = 'tenant', document, ''), 'current', 'Array(Tuple(
    id String, enabled_flag Nullable(String)))')) AS tenant
SELECT
  master_node_uid AS installation_uid,
  cluster_id AS environment_id,
  created_date AS reported_on,
  tenant.id AS tenant_id,
  state,
  if(tenant.enabled_flag = '', NULL, lower(tenant.enabled_flag) IN ('true', '1')) AS is_enabled
FROM {landing}
WHERE resource_type = 'tenant'
