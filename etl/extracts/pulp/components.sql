/*---
about: Components of the systems that checked in; the source deletes them together with the check-in
source: Pulp
mode: snapshot
key: [id]
# The component's own id: one that is added to a check-in later is new too.
cursor: id
event_time: created AT TIME ZONE 'UTC'
shard_by: system_id
schedule: 0 27 * * * ?
facts: [pulp_component]
---*/
SELECT c.id, c.name, c.version, s.system_id, s.created, s.first_seen
FROM pulpanalytics_component AS c
JOIN pulpanalytics_system AS s ON s.id = c.system_id
