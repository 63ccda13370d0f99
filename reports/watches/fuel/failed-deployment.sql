/*---
title: Deployments that failed
asks: Which deployment has just failed, and whom can we help?
source: Fuel
key: [installation, operation]
cursor: id
if: outcome = 'error'
every: 5s
group: 10m
columns:
  installation: {is: the anonymous installation}
  operation: {is: its number there}
  environment: {is: the environment's number there}
  action: {is: what was tried}
  began_at: {title: Began (UTC)}
  ended_at: {title: Ended (UTC)}
  message: {title: What the installer said}
  release: {title: Release of the installer}
  last_tasks: {title: The last tasks}
  customer: {title: Contact}
  company: {title: Company}
  email: {title: E-mail}
---*/
SELECT
  a.id AS id,
  a.master_node_uid AS installation,
  a.external_id AS operation,
  a.action_name AS action,
  a.document ->> 'cluster_id' AS environment,
  a.document ->> 'start_timestamp' AS began_at,
  a.document ->> 'end_timestamp' AS ended_at,
  CASE WHEN a.action_name IN ('deploy', 'deployment', 'provision') THEN a.document -> 'additional_info' ->> 'ended_with_status' END AS outcome,
  a.document -> 'additional_info' ->> 'message' AS message,
  (SELECT s.release FROM installation_structures AS s WHERE s.master_node_uid = a.master_node_uid) AS release,
  (
    SELECT string_agg(concat_ws('  ', t.status, 'node ' || t.node_id, t.task_name), E'\n' ORDER BY t.id)
    FROM (
      SELECT h.id, h.status, h.node_id, h.task_name
      FROM tasks_history AS h
      WHERE h.master_node_uid = a.master_node_uid AND h.cluster_id::text = a.document ->> 'cluster_id'
      ORDER BY h.id DESC
      LIMIT 10) AS t
  ) AS last_tasks,
  a.contact ->> 'name' AS customer,
  a.contact ->> 'company' AS company,
  a.contact ->> 'email' AS email
FROM (
  SELECT
    l.id AS id,
    l.master_node_uid AS master_node_uid,
    l.external_id AS external_id,
    l.action_name AS action_name,
    -- A document that can't be read is the extract's to report.
    document(l.body) AS document,
    -- Only what a site gave so that it is asked.
    (SELECT CASE WHEN s.told -> 'user_information' ->> 'contact_info_provided' = 'true' THEN s.told -> 'user_information' END
     FROM (SELECT document(i.structure) AS told FROM installation_structures AS i WHERE i.master_node_uid = l.master_node_uid OFFSET 0) AS s) AS contact
  FROM action_logs AS l
) AS a
