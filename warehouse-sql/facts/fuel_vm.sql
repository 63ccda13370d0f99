/*---
about: Virtual machines inside environments
grain: one row per virtual machine of an environment on one day
key: [installation_uid, environment_id, reported_on, vm_id]
partition: toYYYYMM(reported_on)
columns:
  installation_uid: {is: the anonymous installation, identifies: site}
  environment_id: {is: "the environment, a number within its installation"}
  reported_on: {is: "the day of the report, by the site's clock"}
  vm_id: {is: "the machine's number, given by OpenStack"}
  state: {is: "the report that told so; the row counts where the day's report in fuel_workload is the same"}
  status: {is: "as OpenStack wrote it, for example ACTIVE, SHUTOFF or ERROR"}
  power_state: {is: "OpenStack's number: 1 running, 3 paused, 4 shut down, 6 crashed, 7 suspended, 0 none"}
  tenant_id: {is: "the tenant that owns it, a number without a name"}
  flavor_id: {is: "its flavour, in fuel_flavor of the same environment and day"}
  image_id: {is: "the image that it began with; NULL or empty where it began with a volume"}
  created_at: {is: when it was made, unit: UTC}
---*/
WITH
  arrayJoin(JSONExtract(if(resource_type = 'vm', document, ''), 'current', 'Array(Tuple(
    id String, status Nullable(String), power_state Nullable(Int32), tenant_id Nullable(String), flavor_id Nullable(String),
    image_id Nullable(String), created_at Nullable(String)))')) AS vm
SELECT
  master_node_uid AS installation_uid,
  cluster_id AS environment_id,
  created_date AS reported_on,
  vm.id AS vm_id,
  state,
  vm.status AS status,
  vm.power_state AS power_state,
  vm.tenant_id AS tenant_id,
  vm.flavor_id AS flavor_id,
  vm.image_id AS image_id,
  iso_time(vm.created_at) AS created_at
FROM {landing}
WHERE resource_type = 'vm'
