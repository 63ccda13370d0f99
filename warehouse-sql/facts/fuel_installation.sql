/*---
about: States of installations, as each of them reported itself
grain: one row per reported state of one installation
key: [installation_uid, reported_at]
partition: toYYYYMM(reported_at)
columns:
  installation_uid: {is: the anonymous installation, identifies: site}
  reported_at: {is: "when the collector took this state in; 1970 where it noted no time", unit: UTC}
  created_at: {is: when the collector first heard of the installation, unit: UTC}
  is_filtered: {is: "whether the collector set the installation aside, for example as a developer's own; such rows count nowhere"}
  release: {is: "the installer's release, for example 9.0"}
  feature_groups: {is: "the feature groups that are switched on, such as experimental or advanced"}
  environments: {is: "the number of environments that the site said it has; NULL where it said none"}
  environments_sent: {is: "the number of environments that it described"}
  allocated_nodes: {is: nodes that belong to an environment}
  unallocated_nodes: {is: nodes that belong to none}
  contact_info_provided: {is: "whether somebody left contact data at the site; the data itself never comes here"}
---*/
WITH JSONExtract(sent, 'Tuple(
    fuel_release Tuple(release Nullable(String), feature_groups Array(String)),
    clusters_num Nullable(Int32), allocated_nodes_num Nullable(Int32), unallocated_nodes_num Nullable(Int32),
    user_information Tuple(contact_info_provided Nullable(Bool)))') AS document
SELECT
  master_node_uid AS installation_uid,
  reported_at,
  creation_date AS created_at,
  ifNull(landed.is_filtered, false) AS is_filtered,
  coalesce(landed.release, document.fuel_release.release) AS release,
  arraySort(arrayDistinct(document.fuel_release.feature_groups)) AS feature_groups,
  document.clusters_num AS environments,
  toUInt32(JSONLength(sent, 'clusters')) AS environments_sent,
  document.allocated_nodes_num AS allocated_nodes,
  document.unallocated_nodes_num AS unallocated_nodes,
  document.user_information.contact_info_provided AS contact_info_provided
FROM {landing} AS landed
