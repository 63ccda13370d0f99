/*---
title: Intervals
asks: Which intervals overlap the period?
params:
  from: {type: Date, default: '2010-01-01', is: the first day of the period}
  to: {type: Date, default: today, is: the day after its last one}
  institution: {type: String, default: '', is: "an institution that has a share of the projects; empty means all", values: SELECT institution_name FROM openstack_institution}
  project: {type: String, default: '', is: "a project, with its sub-projects: its path, number or name; empty means all", values: SELECT called FROM openstack_project_called}
---*/
WITH used AS (
  SELECT r.item_id AS item_id
  FROM openstack_interval AS r
  WHERE r.started_at < {to:Date}
    AND (r.ended_at IS NULL OR r.ended_at > {from:Date})
    AND ({institution:String} = '' OR r.moc_project_id IN (SELECT s.moc_project_id FROM openstack_share AS s WHERE s.institution = {institution:String}))
    AND ({project:String} = '' OR r.moc_project_id IN (SELECT c.moc_project_id FROM openstack_project_called AS c WHERE c.called = {project:String}))
)
SELECT t.item_id, t.catalog_item_id, t.state, t.started_at, t.ended_at
FROM openstack_raw_item_ts AS t
WHERE t.started_at < {to:Date}
  AND (t.ended_at IS NULL OR t.ended_at > {from:Date})
  AND (({institution:String} = '' AND {project:String} = '') OR t.item_id IN (SELECT item_id FROM used))
ORDER BY t.item_id, t.started_at
