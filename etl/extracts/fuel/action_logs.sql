/*---
about: Operations that sites ran
source: Fuel
mode: append
key: [master_node_uid, external_id]
cursor: id
event_time: document_time(body, 'start_timestamp')
shard_by: master_node_uid
deletes: sites
schedule: 0 0/15 * * * ?
parse:
  read: >-
    JSONExtract(body, 'Tuple(
      action_group LowCardinality(Nullable(String)), action_name LowCardinality(Nullable(String)), action_type LowCardinality(Nullable(String)),
      cluster_id Nullable(Int32), start_timestamp Nullable(String), end_timestamp Nullable(String),
      additional_info Tuple(ended_with_status LowCardinality(Nullable(String)), request_data Map(String, String)))')
  # Only where nothing was read: to look at each document twice costs a seventh of a load.
  sound: if(read.start_timestamp IS NULL, sound_json(body), body)
  document: >-
    if(read.start_timestamp IS NOT NULL, read, JSONExtract(if(read.start_timestamp IS NULL, sound, ''), 'Tuple(
      action_group LowCardinality(Nullable(String)), action_name LowCardinality(Nullable(String)), action_type LowCardinality(Nullable(String)),
      cluster_id Nullable(Int32), start_timestamp Nullable(String), end_timestamp Nullable(String),
      additional_info Tuple(ended_with_status LowCardinality(Nullable(String)), request_data Map(String, String)))'))
  began: iso_time(document.start_timestamp)
  ended: iso_time(document.end_timestamp)
  testruns: >-
    JSONExtract(if(document.action_name = 'ostf', sound, ''), 'additional_info', 'testruns', 'Array(Tuple(
      testset Nullable(String), tests Array(Tuple(id Nullable(String), name Nullable(String), status Nullable(String), taken Nullable(Float64)))))')
unreadable: >-
  multiIf(
    began IS NOT NULL AND (ended IS NOT NULL OR document.end_timestamp IS NULL) AND document.cluster_id IS NOT NULL, '',
    NOT isValidJSON(sound), 'not JSON',
    JSONType(sound) != 'Object', 'not a JSON object',
    began IS NULL AND JSONType(sound, 'start_timestamp') != 'Null', 'start_timestamp is no time',
    ended IS NULL AND JSONType(sound, 'end_timestamp') != 'Null', 'end_timestamp is no time',
    document.cluster_id IS NULL AND NOT fits_int32(sound, 'cluster_id'), 'cluster_id is out of range',
    '')
facts: [fuel_action, fuel_health_check]
---*/
SELECT id, master_node_uid, external_id, body
FROM action_logs
