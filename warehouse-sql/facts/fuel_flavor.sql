/*---
about: Flavours (sizes of virtual machines) that environments offer
grain: one row per flavour of an environment on one day
key: [installation_uid, environment_id, reported_on, flavor_id]
partition: toYYYYMM(reported_on)
columns:
  installation_uid: {is: the anonymous installation, identifies: site}
  environment_id: {is: "the environment, a number within its installation"}
  reported_on: {is: "the day of the report, by the site's clock"}
  flavor_id: {is: "the flavour's name or number within the environment"}
  state: {is: "the report that told so; the row counts where the day's report in fuel_workload is the same"}
  memory_mb: {is: main memory, unit: MiB}
  vcpus: {is: virtual processors}
  disk_gb: {is: the first disk, unit: GiB}
  ephemeral_gb: {is: the second disk, unit: GiB}
  swap_mb: {is: "swap space; NULL where the site wrote nothing, which is none", unit: MiB}
---*/
WITH
  arrayJoin(JSONExtract(if(resource_type = 'flavor', document, ''), 'current', 'Array(Tuple(
    id String, ram Nullable(Int64), vcpus Nullable(Int32), disk Nullable(Int64), ephemeral Nullable(Int64), swap Nullable(Int64)))')) AS flavor
SELECT
  master_node_uid AS installation_uid,
  cluster_id AS environment_id,
  created_date AS reported_on,
  flavor.id AS flavor_id,
  state,
  flavor.ram AS memory_mb,
  flavor.vcpus AS vcpus,
  flavor.disk AS disk_gb,
  flavor.ephemeral AS ephemeral_gb,
  flavor.swap AS swap_mb
FROM {landing}
WHERE resource_type = 'flavor'
