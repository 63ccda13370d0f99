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
  net_l23_provider: {is: "what carries neutron's networks: ovs or nsx"}
  net_manager: {is: "how nova_network is managed: FlatDHCPManager or VlanManager"}
  storage: {is: "the storage options that are switched on, such as volumes_ceph; sorted"}
  projects: {is: "the related projects that are switched on, such as sahara; sorted"}
  kernel_parameters: {is: "names of the nodes' kernel parameters, sorted, never their values; other where a word isn't known to be a parameter"}
---*/
WITH
  arrayJoin(JSONExtract(sent, 'clusters', 'Array(Tuple(
    id Int32, status Nullable(String), mode Nullable(String), nodes_num Nullable(Int32), is_customized Nullable(Bool),
    net_provider Nullable(String), release Tuple(os Nullable(String), version Nullable(String)),
    attributes Tuple(
      libvirt_type Nullable(String), kernel_params Nullable(String),
      images_ceph Nullable(Bool), volumes_ceph Nullable(Bool), objects_ceph Nullable(Bool), ephemeral_ceph Nullable(Bool), volumes_lvm Nullable(Bool),
      ceilometer Nullable(Bool), heat Nullable(Bool), ironic Nullable(Bool), mongo Nullable(Bool), murano Nullable(Bool), sahara Nullable(Bool)),
    network_configuration Tuple(segmentation_type Nullable(String), net_l23_provider Nullable(String), net_manager Nullable(String)),
    nodes Array(Tuple(id Nullable(Int32)))))')) AS cluster,
  -- A value in quotes may hold blanks.
  arrayFilter(p -> p != '', splitByWhitespace(replaceRegexpAll(ifNull(cluster.attributes.kernel_params, ''), '"[^"]*"', ''))) AS parameters
SELECT
  master_node_uid AS installation_uid,
  reported_at,
  cluster.id AS environment_id,
  ifNull(landed.is_filtered, false) AS is_filtered,
  coalesce(landed.release, JSONExtract(sent, 'fuel_release', 'release', 'Nullable(String)')) AS release,
  cluster.status AS status,
  cluster.mode AS mode,
  cluster.release.os AS os,
  cluster.release.version AS openstack_version,
  cluster.attributes.libvirt_type AS hypervisor,
  cluster.is_customized AS is_customized,
  cluster.net_provider AS net_provider,
  cluster.network_configuration.segmentation_type AS segmentation_type,
  cluster.nodes_num AS nodes,
  toUInt32(length(cluster.nodes)) AS nodes_sent,
  cluster.network_configuration.net_l23_provider AS net_l23_provider,
  cluster.network_configuration.net_manager AS net_manager,
  arrayFilter((name, is_on) -> ifNull(is_on, false),
    ['ephemeral_ceph', 'images_ceph', 'objects_ceph', 'volumes_ceph', 'volumes_lvm'],
    [cluster.attributes.ephemeral_ceph, cluster.attributes.images_ceph, cluster.attributes.objects_ceph, cluster.attributes.volumes_ceph, cluster.attributes.volumes_lvm]) AS storage,
  arrayFilter((name, is_on) -> ifNull(is_on, false),
    ['ceilometer', 'heat', 'ironic', 'mongo', 'murano', 'sahara'],
    [cluster.attributes.ceilometer, cluster.attributes.heat, cluster.attributes.ironic, cluster.attributes.mongo, cluster.attributes.murano, cluster.attributes.sahara]) AS projects,
  -- People write addresses and names of hosts here: a word is a parameter's name where it has a value, or is a known one that takes none.
  arraySort(arrayDistinct(arrayMap(p -> multiIf(
    match(p, '^[A-Za-z][A-Za-z0-9_.-]*='), extract(p, '^[^=]+'),
    p IN ('debug', 'nmi_watchdog', 'noacpi', 'noapic', 'nofb', 'nohz', 'nolapic', 'nomodeset', 'nopti', 'nosmp', 'nosplash', 'quiet', 'ro', 'rw', 'single', 'splash', 'text', 'verbose'), p,
    'other'), parameters))) AS kernel_parameters
FROM {landing} AS landed
