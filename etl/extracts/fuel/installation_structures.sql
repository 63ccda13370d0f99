/*---
about: What installations look like, as each of them reported itself last
source: Fuel
mode: snapshot
key: [master_node_uid]
cursor: changed_at
event_time: reported_at
shard_by: master_node_uid
schedule: 0 5/15 * * * ?
unreadable: >-
  if(JSONType(structure) = 'Object', '', 'not a JSON object')
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
