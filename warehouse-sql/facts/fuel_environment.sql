/*---
about: States of the environments (clusters of nodes) that installations run
grain: one row per environment in one reported state of its installation
key: [installation_uid, reported_at, environment_id]
partition: toYYYYMM(reported_at)
columns:
  installation_uid: {is: the anonymous installation, identifies: site}
  reported_at: {is: "when the collector took the installation's state in; 1970 where it noted no time", unit: UTC}
  environment_id: {is: "the environment's number within its installation"}
  is_filtered: {is: "whether the collector set the installation aside; such rows count nowhere"}
  release: {is: "the installer's release, for example 9.0"}
  status: {is: "new, deployment, stopped, operational, error, remove, update or update_error"}
  mode: {is: "how controllers are deployed: ha_compact or multinode"}
  os: {is: "the nodes' operating system, as the site wrote it"}
  openstack_version: {is: "the release of OpenStack, for example mitaka-9.0"}
  hypervisor: {is: "kvm, qemu, vCenter …; NULL where the site named none"}
  is_customized: {is: "whether the site changed the deployment's own files"}
  net_provider: {is: "the networking service: neutron or nova_network"}
  segmentation_type: {is: "how networks are kept apart: vlan, gre or tun"}
  nodes: {is: "the number of nodes that the site said it has"}
  nodes_sent: {is: the number of nodes that it described}
---*/
WITH
  arrayJoin(JSONExtract(structure, 'clusters', 'Array(Tuple(
    id Int32, status Nullable(String), mode Nullable(String), nodes_num Nullable(Int32), is_customized Nullable(Bool),
    net_provider Nullable(String), release Tuple(os Nullable(String), version Nullable(String)),
    attributes Tuple(libvirt_type Nullable(String)),
    network_configuration Tuple(segmentation_type Nullable(String)),
    nodes Array(Tuple(id Nullable(Int32)))))')) AS cluster
SELECT
  master_node_uid AS installation_uid,
  reported_at,
  cluster.id AS environment_id,
  ifNull(landed.is_filtered, false) AS is_filtered,
  coalesce(landed.release, JSONExtract(structure, 'fuel_release', 'release', 'Nullable(String)')) AS release,
  cluster.status AS status,
  cluster.mode AS mode,
  cluster.release.os AS os,
  cluster.release.version AS openstack_version,
  cluster.attributes.libvirt_type AS hypervisor,
  cluster.is_customized AS is_customized,
  cluster.net_provider AS net_provider,
  cluster.network_configuration.segmentation_type AS segmentation_type,
  cluster.nodes_num AS nodes,
  toUInt32(length(cluster.nodes)) AS nodes_sent
FROM {landing} AS landed
