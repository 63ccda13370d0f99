/*---
about: Volumes (disks of their own) inside environments
grain: one row per volume of an environment on one day
key: [installation_uid, environment_id, reported_on, volume_id]
partition: toYYYYMM(reported_on)
columns:
  installation_uid: {is: the anonymous installation, identifies: site}
  environment_id: {is: "the environment, a number within its installation"}
  reported_on: {is: "the day of the report, by the site's clock"}
  volume_id: {is: "the volume's number, given by OpenStack"}
  state: {is: "the report that told so; the row counts where the day's report in fuel_workload is the same"}
  size_gb: {is: how large it is, unit: GiB}
  status: {is: "as OpenStack wrote it, for example in-use, available or error"}
  volume_type: {is: "the kind of storage, as the site named it"}
  is_bootable: {is: whether a machine can begin with it}
  is_encrypted: {is: whether it is encrypted}
  attachments: {is: the number of machines that it is attached to}
  tenant_id: {is: "the tenant that owns it, a number without a name"}
---*/
WITH
  arrayJoin(JSONExtract(if(resource_type = 'volume', document, ''), 'current', 'Array(Tuple(
    id String, size Nullable(Int64), status Nullable(String), volume_type Nullable(String), bootable_flag Nullable(String),
    encrypted_flag Nullable(String), attachments Array(String), tenant_id Nullable(String)))')) AS volume
SELECT
  master_node_uid AS installation_uid,
  cluster_id AS environment_id,
  created_date AS reported_on,
  volume.id AS volume_id,
  state,
  volume.size AS size_gb,
  volume.status AS status,
  volume.volume_type AS volume_type,
  -- Some releases send the word, others the value.
  if(volume.bootable_flag = '', NULL, lower(volume.bootable_flag) IN ('true', '1')) AS is_bootable,
  if(volume.encrypted_flag = '', NULL, lower(volume.encrypted_flag) IN ('true', '1')) AS is_encrypted,
  toUInt32(length(volume.attachments)) AS attachments,
  volume.tenant_id AS tenant_id
FROM {landing}
WHERE resource_type = 'volume'
