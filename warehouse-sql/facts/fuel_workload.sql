/*---
about: Reports on what runs inside environments, each as it was last updated
grain: one row per day, environment and kind of resource
key: [installation_uid, environment_id, reported_on, resource_type]
partition: toYYYYMM(reported_on)
columns:
  installation_uid: {is: the anonymous installation, identifies: site}
  environment_id: {is: "the environment, a number within its installation"}
  reported_on: {is: "the day of the report, by the site's clock"}
  resource_type: {is: "vm, flavor, volume, image, tenant or keystone_user"}
  state: {is: "a hash of the report, the same in the rows of its resources"}
  updated_at: {is: "when the report was last updated, by the site's clock", unit: UTC}
  fuel_version: {is: "the installer's release at that time, for example 9.0"}
  openstack_version: {is: "the release of OpenStack, for example mitaka-9.0"}
  os: {is: "the operating system, as the site wrote it"}
  resources: {is: the number of resources that there were}
  added: {is: the number of resources that had come since the report before}
  removed: {is: the number of resources that had gone since the report before}
  modified: {is: the number of resources that had changed since the report before}
---*/
SELECT
  master_node_uid AS installation_uid,
  cluster_id AS environment_id,
  created_date AS reported_on,
  resource_type,
  state,
  updated_at,
  version.fuel_version AS fuel_version,
  version.release_version AS openstack_version,
  version.release_os AS os,
  toUInt32(JSONLength(document, 'current')) AS resources,
  toUInt32(JSONLength(document, 'added')) AS added,
  toUInt32(JSONLength(document, 'removed')) AS removed,
  toUInt32(JSONLength(document, 'modified')) AS modified
FROM {landing}
