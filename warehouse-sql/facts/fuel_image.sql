/*---
about: Images that virtual machines of environments can begin with
grain: one row per image of an environment on one day
key: [installation_uid, environment_id, reported_on, image_id]
partition: toYYYYMM(reported_on)
columns:
  installation_uid: {is: the anonymous installation, identifies: site}
  environment_id: {is: "the environment, a number within its installation"}
  reported_on: {is: "the day of the report, by the site's clock"}
  image_id: {is: "the image's number, given by OpenStack"}
  state: {is: "the report that told so; the row counts where the day's report in fuel_workload is the same"}
  size_bytes: {is: how large it is, unit: bytes}
  min_disk_gb: {is: the least disk that it needs, unit: GiB}
  min_memory_mb: {is: the least memory that it needs, unit: MiB}
  created_at: {is: when it was made, unit: UTC}
---*/
WITH
  arrayJoin(JSONExtract(if(resource_type = 'image', document, ''), 'current', 'Array(Tuple(
    id String, sizeBytes Nullable(Int64), minDisk Nullable(Int64), minRam Nullable(Int64), created_at Nullable(String)))')) AS image
SELECT
  master_node_uid AS installation_uid,
  cluster_id AS environment_id,
  created_date AS reported_on,
  image.id AS image_id,
  state,
  image.sizeBytes AS size_bytes,
  image.minDisk AS min_disk_gb,
  image.minRam AS min_memory_mb,
  iso_time(image.created_at) AS created_at
FROM {landing}
WHERE resource_type = 'image'
