/*---
about: What installations look like, as each of them reported itself last
source: Fuel
mode: snapshot
key: [master_node_uid]
cursor: changed_at
event_time: reported_at
shard_by: master_node_uid
deletes: sites
schedule: 0 5/15 * * * ?
parse:
  sent: sound_json(structure)
unreadable: >-
  multiIf(
    JSONType(sent) != 'Object', 'not a JSON object',
    NOT (fits_int32(sent, 'clusters_num') AND fits_int32(sent, 'allocated_nodes_num') AND fits_int32(sent, 'unallocated_nodes_num')), 'a count is out of range',
    arrayExists(
      c -> NOT fits_int32(c, 'id') OR NOT fits_int32(c, 'nodes_num') OR arrayExists(n -> NOT fits_int32(n, 'id'), JSONExtractArrayRaw(sound_json(c), 'nodes')),
      JSONExtractArrayRaw(sent, 'clusters')), 'a number of an environment is out of range',
    '')
facts: [fuel_installation, fuel_environment, fuel_node, fuel_plugin]
---*/
SELECT
  id,
  master_node_uid,
  structure,
  creation_date,
  -- A row that was never modified has only the one date, and an odd one has none: it is read by every load.
  coalesce(modification_date, creation_date) AS changed_at,
  coalesce(modification_date, creation_date, 'epoch') AS reported_at,
  is_filtered,
  release
FROM installation_structures
