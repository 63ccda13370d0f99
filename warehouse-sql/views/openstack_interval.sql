/*---
about: Intervals of items with what each item belongs to; moc_project_id is 0 where it belongs to no project of the tree
---*/
SELECT
  r.item_id AS item_id,
  r.started_at AS started_at,
  r.ended_at AS ended_at,
  r.state AS state,
  r.catalog_item_id AS catalog_item_id,
  i.item_type_id AS item_type_id,
  i.poc_id AS poc_id,
  i.project_id AS project_id,
  coalesce(m.moc_project_id, 0) AS moc_project_id
FROM openstack_raw_item_ts AS r
LEFT JOIN openstack_item AS i ON i.item_id = r.item_id
LEFT JOIN openstack_project AS p ON p.project_id = i.project_id
LEFT JOIN openstack_moc_project AS m ON m.moc_project_id = p.moc_project_id
