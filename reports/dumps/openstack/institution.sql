/*---
title: Institutions
asks: "Which institutions are there, or own the projects, or are the users of?"
params:
  from: {type: Date, default: '2010-01-01', is: the first day of the period}
  to: {type: Date, default: today, is: the day after its last one}
  institution: {type: String, default: '', is: "an institution that has a share of the projects; empty means all", values: SELECT institution_name FROM openstack_institution}
  project: {type: String, default: '', is: "a project, with its sub-projects: its path, number or name; empty means all", values: SELECT called FROM openstack_project_called}
---*/
WITH used AS (
  SELECT r.moc_project_id AS moc_project_id, r.project_id AS project_id, r.poc_id AS poc_id
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
),
people AS (
  SELECT poc_id FROM used
  UNION ALL
  SELECT m.poc_id AS poc_id FROM openstack_poc2project AS m WHERE m.project_id IN (SELECT project_id FROM used)
)
SELECT t.institution_id, t.institution_name
FROM openstack_institution AS t
WHERE ({institution:String} = '' AND {project:String} = '')
  OR t.institution_name = {institution:String}
  OR t.institution_id IN (SELECT o.institution_id FROM openstack_institution2moc_project AS o WHERE o.moc_project_id IN (SELECT moc_project_id FROM within))
  OR t.institution_id IN (SELECT m.institution_id FROM openstack_poc2institution AS m WHERE m.poc_id IN (SELECT poc_id FROM people))
ORDER BY t.institution_id
