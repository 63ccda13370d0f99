/*---
about: Daily check-ins of systems; the source deletes them after 14 days
source: Pulp
mode: snapshot
key: [id]
cursor: id
event_time: created AT TIME ZONE 'UTC'
shard_by: system_id
schedule: 0 22 * * * ?
facts: [pulp_system]
---*/
SELECT
  id, system_id, created, first_seen, postgresql_version,
  users, groups, domains, custom_access_policies, custom_roles,
  content_app_processes, content_app_hosts, worker_processes, worker_hosts
FROM pulpanalytics_system
