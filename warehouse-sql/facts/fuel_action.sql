/*---
about: Operations of installations, such as deployments, checks and changes of settings
grain: one row per operation of one installation
key: [installation_uid, operation_id]
partition: ifNull(toYYYYMM(started_at), 0)
columns:
  installation_uid: {is: the anonymous installation, identifies: site}
  operation_id: {is: "the operation's number within its installation"}
  action_group: {is: "the family of the operation: cluster_changes, cluster_checking or operations"}
  action_name: {is: "what was done, for example deploy, provision or ostf"}
  action_type: {is: "how it was done: http_request or nailgun_task"}
  environment_id: {is: "the environment it was done to, a number within its installation; NULL where it concerned none"}
  started_at: {is: when the site began it, unit: UTC}
  ended_at: {is: when it ended; NULL while it runs, unit: UTC}
  duration_s: {is: "how long it ran; NULL while it runs, and where the site's clock was set back meanwhile", unit: seconds}
  status: {is: "how a task ended: ready, error or running; NULL for http_request"}
  settings: {is: "the names of the settings that a request changed, sorted; empty for tasks"}
expect:
  - duration_s IS NULL OR duration_s >= 0
---*/
SELECT
  master_node_uid AS installation_uid,
  external_id AS operation_id,
  document.action_group AS action_group,
  document.action_name AS action_name,
  document.action_type AS action_type,
  document.cluster_id AS environment_id,
  began AS started_at,
  ended AS ended_at,
  if(ended >= began, (toUnixTimestamp64Micro(ended) - toUnixTimestamp64Micro(began)) / 1e6, NULL) AS duration_s,
  document.additional_info.ended_with_status AS status,
  -- What they were changed to stays at the source.
  arraySort(arrayDistinct(mapKeys(document.additional_info.request_data))) AS settings
FROM {landing}
