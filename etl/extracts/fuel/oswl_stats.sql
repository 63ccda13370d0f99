/*---
about: What runs inside environments, a report per day, environment and kind of resource
source: Fuel
mode: snapshot
key: [master_node_uid, external_id, resource_type]
cursor: id
# A report is overwritten during its day, under the same id, and a site that was cut off sends the last version late. Sites' clocks may
# run ahead, and a collector may be left alone for long: what is recent is measured at the earlier of today and the newest report.
unfinished: created_date >= least(current_date, (SELECT max(created_date) FROM oswl_stats)) - 7
event_time: created_date::timestamp
shard_by: master_node_uid
deletes: sites
schedule: 0 20 * * * ?
parse:
  # An environment that has nothing may say nothing.
  document: sound_json(ifNull(resource_data, '{}'))
  version: >-
    JSONExtract(sound_json(ifNull(version_info, '{}')), 'Tuple(fuel_version Nullable(String), release_version Nullable(String), release_os Nullable(String))')
  state: cityHash64(updated_at, resource_checksum, document)
unreadable: >-
  multiIf(
    JSONType(document) != 'Object', 'resource_data is no JSON object',
    JSONType(document, 'current') NOT IN ('Array', 'Null'), 'resource_data.current is no list',
    '')
facts: [fuel_workload, fuel_vm, fuel_flavor, fuel_volume, fuel_image, fuel_tenant]
---*/
SELECT
  id,
  master_node_uid,
  external_id,
  cluster_id,
  created_date,
  created_date + updated_time AS updated_at,
  resource_type,
  resource_data,
  version_info,
  resource_checksum
FROM oswl_stats
