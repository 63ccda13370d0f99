/*---
about: States of the machines in environments
grain: one row per node of an environment in one reported state of its installation
key: [installation_uid, reported_at, environment_id, node_id]
partition: toYYYYMM(reported_at)
columns:
  installation_uid: {is: the anonymous installation, identifies: site}
  reported_at: {is: "when the collector took the installation's state in; 1970 where it noted no time", unit: UTC}
  environment_id: {is: "the node's environment, a number within its installation"}
  node_id: {is: "the node's number within its installation"}
  is_filtered: {is: "whether the collector set the installation aside; such rows count nowhere"}
  release: {is: "the installer's release, for example 9.0"}
  roles: {is: "the node's roles, sorted and joined with +; empty where it has none yet"}
  os: {is: "the operating system, as the site wrote it"}
  status: {is: "the node's status, for example ready, error or discover"}
  is_online: {is: whether the installer reached the node when it reported}
  manufacturer: {is: "the maker of the hardware, as its firmware says"}
  product: {is: "the hardware's model, as its firmware says"}
  is_virtual: {is: "whether maker or model is one that only virtual machines report"}
  cpus: {is: logical processors}
  memory_bytes: {is: main memory, unit: bytes}
  disks: {is: number of disks}
  disk_bytes: {is: "the disks' sizes together", unit: bytes}
  interfaces: {is: number of network interfaces}
  cpu_sockets: {is: "processors as hardware, each with one or more of the logical ones"}
---*/
WITH
  arrayJoin(arrayFlatten(arrayMap(c -> arrayMap(n -> (c.id, n), c.nodes), JSONExtract(sent, 'clusters', 'Array(Tuple(
    id Int32, nodes Array(Tuple(
      id Int32, roles Array(String), os Nullable(String), status Nullable(String), online Nullable(Bool), manufacturer Nullable(String),
      meta Tuple(
        cpu Tuple(total Nullable(Int32), real Nullable(Int32)), memory Tuple(total Nullable(Int64)), disks Array(Tuple(size Nullable(Int64))),
        system Tuple(manufacturer Nullable(String), product Nullable(String)),
        interfaces Array(Tuple(name Nullable(String))))))))')))) AS node,
  coalesce(nullIf(trim(node.2.manufacturer), ''), nullIf(trim(node.2.meta.system.manufacturer), '')) AS maker,
  nullIf(trim(node.2.meta.system.product), '') AS model
SELECT
  master_node_uid AS installation_uid,
  reported_at,
  node.1 AS environment_id,
  node.2.id AS node_id,
  ifNull(landed.is_filtered, false) AS is_filtered,
  coalesce(landed.release, JSONExtract(sent, 'fuel_release', 'release', 'Nullable(String)')) AS release,
  arrayStringConcat(arraySort(arrayDistinct(node.2.roles)), '+') AS roles,
  node.2.os AS os,
  node.2.status AS status,
  node.2.online AS is_online,
  maker AS manufacturer,
  model AS product,
  match(lower(concat(ifNull(maker, ''), ' ', ifNull(model, ''))),
    'qemu|kvm|vmware|virtualbox|innotek|bochs|xen|parallels|openstack|bhyve|virtual machine|virtual platform|standard pc|amazon ec2|google compute') AS is_virtual,
  node.2.meta.cpu.total AS cpus,
  node.2.meta.memory.total AS memory_bytes,
  toUInt16(length(node.2.meta.disks)) AS disks,
  if(empty(node.2.meta.disks), NULL, arraySum(d -> ifNull(d.size, 0), node.2.meta.disks)) AS disk_bytes,
  toUInt16(length(node.2.meta.interfaces)) AS interfaces,
  node.2.meta.cpu.real AS cpu_sockets
FROM {landing} AS landed
