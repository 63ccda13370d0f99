/*---
title: Flavours
asks: "Which flavours are there, or did the items have?"
params:
  from: {type: Date, default: '2010-01-01', is: the first day of the period}
  to: {type: Date, default: today, is: the day after its last one}
  institution: {type: String, default: '', is: "an institution that has a share of the projects; empty means all", values: SELECT institution_name FROM openstack_institution}
  project: {type: String, default: '', is: "a project, with its sub-projects: its path, number or name; empty means all", values: SELECT called FROM openstack_project_called}
---*/
WITH used AS (
  SELECT r.catalog_item_id AS catalog_item_id
  FROM openstack_interval AS r
  WHERE r.started_at < {to:Date}
    AND (r.ended_at IS NULL OR r.ended_at > {from:Date})
    AND ({institution:String} = '' OR r.moc_project_id IN (SELECT s.moc_project_id FROM openstack_share AS s WHERE s.institution = {institution:String}))
    AND ({project:String} = '' OR r.moc_project_id IN (SELECT c.moc_project_id FROM openstack_project_called AS c WHERE c.called = {project:String}))
)
SELECT t.catalog_item_id, t.item_type_id, t.created_at, t.price, t.vcpus, t.ram_mb, t.disk_gb
FROM openstack_catalog_item AS t
WHERE ({institution:String} = '' AND {project:String} = '') OR t.catalog_item_id IN (SELECT catalog_item_id FROM used)
ORDER BY t.catalog_item_id
