/*---
about: Operations that sites ran
source: Fuel
mode: append
key: [master_node_uid, external_id]
cursor: id
event_time: >-
  CASE WHEN pg_input_is_valid(body, 'json') THEN
    CASE WHEN pg_input_is_valid(body::json->>'start_timestamp', 'timestamp') THEN (body::json->>'start_timestamp')::timestamp END
  END
shard_by: master_node_uid
schedule: 0 0/15 * * * ?
unreadable: >-
  multiIf(
    NOT isValidJSON(body), 'not JSON',
    JSONType(body) != 'Object', 'not a JSON object',
    JSONType(body, 'start_timestamp') NOT IN ('Null', 'String')
      OR (JSONType(body, 'start_timestamp') = 'String' AND iso_time(JSONExtractString(body, 'start_timestamp')) IS NULL),
      'start_timestamp is no time',
    '')
facts: [fuel_action, fuel_health_check]
---*/
SELECT id, master_node_uid, external_id, body
FROM action_logs
