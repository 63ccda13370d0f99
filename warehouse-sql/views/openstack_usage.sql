/*---
about: Active time of items, cut at the months' ends; an open interval lasts until now. What an item is charged with each second stands beside it
---*/
SELECT
  s.month AS month,
  s.item_id AS item_id,
  s.moc_project_id AS moc_project_id,
  coalesce(nullIf(u.username, ''), 'unknown') AS username,
  greatest(s.started_at, s.month) AS started_at,
  least(s.ended_at, addMonths(s.month, 1)) AS ended_at,
  if(t.item_definition = 'VM', 1, 0) AS vms,
  if(t.item_definition = 'VM', coalesce(c.vcpus, 0), 0) AS vcpus,
  if(t.item_definition = 'VM', coalesce(c.ram_mb, 0), 0) AS memory_mb,
  if(t.item_definition = 'Volume', coalesce(c.disk_gb, 0), 0) AS volume_gb,
  coalesce(c.price, 0) AS price_cents
FROM (
  SELECT
    addMonths(m.first_month, m.number) AS month,
    m.item_id AS item_id,
    m.moc_project_id AS moc_project_id,
    m.item_type_id AS item_type_id,
    m.catalog_item_id AS catalog_item_id,
    m.poc_id AS poc_id,
    m.started_at AS started_at,
    m.ended_at AS ended_at
  FROM (
    -- Each interval makes its own months, so that the work grows with usage and not with intervals × months.
    SELECT
      toStartOfMonth(r.started_at) AS first_month,
      arrayJoin(range(0, dateDiff('month', toStartOfMonth(r.started_at), coalesce(r.ended_at, utc_now())) + 1)) AS number,
      r.item_id AS item_id,
      r.moc_project_id AS moc_project_id,
      r.item_type_id AS item_type_id,
      r.catalog_item_id AS catalog_item_id,
      r.poc_id AS poc_id,
      r.started_at AS started_at,
      coalesce(r.ended_at, utc_now()) AS ended_at
    FROM openstack_interval AS r
    WHERE r.state = 'ACTIVE'
  ) AS m
) AS s
LEFT JOIN openstack_item_type AS t ON t.item_type_id = s.item_type_id
LEFT JOIN openstack_catalog_item AS c ON c.catalog_item_id = s.catalog_item_id
LEFT JOIN openstack_poc AS u ON u.poc_id = s.poc_id
-- An interval that runs backwards, or ends with a month's first instant, makes a piece of no length.
WHERE least(s.ended_at, addMonths(s.month, 1)) > greatest(s.started_at, s.month)
