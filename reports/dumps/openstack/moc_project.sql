/*---
title: Projects
asks: "Which projects are there, or are the items in, with all above them?"
params:
  from: {type: Date, default: '2010-01-01', is: the first day of the period}
  to: {type: Date, default: today, is: the day after its last one}
  institution: {type: String, default: '', is: "an institution that has a share of the projects; empty means all", values: SELECT institution_name FROM openstack_institution}
  project: {type: String, default: '', is: "a project, with its sub-projects: its path, number or name; empty means all", values: SELECT called FROM openstack_project_called}
---*/
WITH used AS (
  SELECT r.moc_project_id AS moc_project_id
  FROM openstack_interval AS r
  WHERE r.started_at < {to:Date}
    AND (r.ended_at IS NULL OR r.ended_at > {from:Date})
    AND ({institution:String} = '' OR r.moc_project_id IN (SELECT s.moc_project_id FROM openstack_share AS s WHERE s.institution = {institution:String}))
    AND ({project:String} = '' OR r.moc_project_id IN (SELECT c.moc_project_id FROM openstack_project_called AS c WHERE c.called = {project:String}))
),
within AS (
  SELECT w.ancestor_id AS moc_project_id
  FROM openstack_project_within AS w
  WHERE w.moc_project_id IN (SELECT moc_project_id FROM used)
)
SELECT t.moc_project_id, t.project_name, t.parent_moc_project_id, t.path
FROM openstack_moc_project AS t
WHERE ({institution:String} = '' AND {project:String} = '') OR t.moc_project_id IN (SELECT moc_project_id FROM within)
ORDER BY t.moc_project_id
