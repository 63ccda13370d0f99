/*---
title: Users' roles in projects
asks: Who has which role in the projects?
params:
  from: {type: Date, default: '2010-01-01', is: the first day of the period}
  to: {type: Date, default: today, is: the day after its last one}
  institution: {type: String, default: '', is: "an institution that has a share of the projects; empty means all", values: SELECT institution_name FROM openstack_institution}
  project: {type: String, default: '', is: "a project, with its sub-projects: its path, number or name; empty means all", values: SELECT called FROM openstack_project_called}
---*/
WITH used AS (
  SELECT r.project_id AS project_id
  FROM openstack_interval AS r
  WHERE r.started_at < {to:Date}
    AND (r.ended_at IS NULL OR r.ended_at > {from:Date})
    AND ({institution:String} = '' OR r.moc_project_id IN (SELECT s.moc_project_id FROM openstack_share AS s WHERE s.institution = {institution:String}))
    AND ({project:String} = '' OR r.moc_project_id IN (SELECT c.moc_project_id FROM openstack_project_called AS c WHERE c.called = {project:String}))
)
SELECT nullIf(t.project_id, 0) AS project_id, nullIf(t.poc_id, 0) AS poc_id, nullIf(t.role_id, 0) AS role_id
FROM openstack_poc2project AS t
WHERE ({institution:String} = '' AND {project:String} = '') OR t.project_id IN (SELECT project_id FROM used)
ORDER BY t.project_id, t.poc_id, t.role_id
