/*---
title: Consistency of the accounting
asks: Can the usage figures be trusted?
params:
  from: {type: Date, default: '2010-01-01', is: the first day of the time to check}
  to: {type: Date, default: today, is: "the day after its last one, today at the latest: what is open goes on meanwhile"}
columns:
  check: {is: "what was looked for, or added up in two ways"}
  found: {format: decimal(2), is: "how many there are, or the total of the rows"}
  expected: {format: decimal(2), is: "none, or the total of the intervals as they are"}
  is_ok: {title: All right, is: "whether they are the same, totals to the last second"}
---*/
WITH period AS (
  SELECT {from:Date} AS first_day, least({to:Date}, toDate(utc_now())) AS end_day
),
row_of AS (
  SELECT
    r.item_id AS item_id,
    r.catalog_item_id AS catalog_item_id,
    r.started_at AS started_at,
    r.ended_at AS ended_at,
    max(coalesce(r.ended_at, toDate('2149-06-06'))) OVER (
      PARTITION BY r.item_id ORDER BY r.started_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS taken_until,
    row_number() OVER (PARTITION BY r.item_id ORDER BY r.started_at) AS number
  FROM openstack_raw_item_ts AS r
),
-- What reads all intervals is named once here, and gives one row: named twice, it would be computed twice.
item_fault AS (
  SELECT
    r.item_id AS item_id,
    countIf(r.number > 1 AND r.started_at < r.taken_until AND coalesce(r.ended_at > r.started_at, true)) AS overlapping,
    countIf(r.ended_at < r.started_at) AS backwards,
    countIf(r.ended_at IS NULL) AS open_ones,
    countIf(c.catalog_item_id IS NULL) AS without_flavour
  FROM row_of AS r
  CROSS JOIN period AS p
  LEFT JOIN openstack_catalog_item AS c ON c.catalog_item_id = r.catalog_item_id
  WHERE r.started_at < p.end_day AND greatest(r.started_at, coalesce(r.ended_at, p.end_day)) >= p.first_day
  GROUP BY r.item_id
),
fault AS (
  SELECT
    coalesce(sum(overlapping), 0) AS overlapping,
    coalesce(sum(backwards), 0) AS backwards,
    countIf(open_ones > 1) AS open_twice,
    coalesce(sum(without_flavour), 0) AS without_flavour
  FROM item_fault
),
homeless AS (
  SELECT count() AS items
  FROM openstack_item
  WHERE item_id NOT IN (
    SELECT i.item_id
    FROM openstack_item AS i
    JOIN openstack_project AS p ON p.project_id = i.project_id
    JOIN openstack_moc_project AS m ON m.moc_project_id = p.moc_project_id)
),
oversold AS (
  SELECT count() AS projects
  FROM (SELECT moc_project_id FROM openstack_institution2moc_project GROUP BY moc_project_id HAVING sum(percent_owned) > 100) AS project
),
circle AS (
  SELECT count() AS projects
  FROM openstack_moc_project
  WHERE ancestors[1] NOT IN (SELECT moc_project_id FROM openstack_moc_project WHERE parent_moc_project_id IS NULL)
),
-- The intervals as they are: neither cut into months nor given to anybody.
total AS (
  SELECT
    coalesce(sum(i.seconds), 0) AS seconds,
    coalesce(sum(i.seconds * coalesce(c.price, 0)), 0) AS cents
  FROM (
    SELECT
      r.catalog_item_id AS catalog_item_id,
      CAST(dateDiff('second', greatest(r.started_at, p.first_day), least(coalesce(r.ended_at, utc_now()), p.end_day)) AS Int128) AS seconds
    FROM openstack_raw_item_ts AS r
    CROSS JOIN period AS p
    WHERE r.state = 'ACTIVE'
  ) AS i
  LEFT JOIN openstack_catalog_item AS c ON c.catalog_item_id = i.catalog_item_id
  WHERE i.seconds > 0
),
used AS (
  SELECT
    i.moc_project_id AS moc_project_id,
    sum(i.seconds) AS seconds,
    sum(i.seconds * i.price_cents) AS cents
  FROM (
    SELECT
      u.moc_project_id AS moc_project_id,
      u.price_cents AS price_cents,
      CAST(dateDiff('second', greatest(u.started_at, p.first_day), least(u.ended_at, p.end_day)) AS Int128) AS seconds
    FROM openstack_usage AS u
    CROSS JOIN period AS p
  ) AS i
  WHERE i.seconds > 0
  GROUP BY i.moc_project_id
),
-- What the reports give to users, projects (without sub-projects) and institutions.
handed AS (
  SELECT
    coalesce(sum(u.seconds), 0) AS user_seconds,
    coalesce(sum(u.cents), 0) AS user_cents,
    coalesce(sum(u.seconds * w.rows_of_it), 0) AS project_seconds,
    coalesce(sum(u.cents * w.rows_of_it), 0) AS project_cents,
    coalesce(sum(u.seconds * s.ten_thousandths), 0) AS institution_seconds,
    coalesce(sum(u.cents * s.ten_thousandths), 0) AS institution_cents
  FROM used AS u
  LEFT JOIN (
    SELECT moc_project_id, count() AS rows_of_it FROM openstack_project_within WHERE ancestor_id = moc_project_id GROUP BY moc_project_id
  ) AS w ON w.moc_project_id = u.moc_project_id
  LEFT JOIN (
    SELECT moc_project_id, sum(ten_thousandths) AS ten_thousandths FROM openstack_share GROUP BY moc_project_id
  ) AS s ON s.moc_project_id = u.moc_project_id
),
looked_for AS (
  SELECT 1 AS place, 'intervals that overlap an earlier one of their item' AS name, 1 AS per_unit
  UNION ALL SELECT 2, 'intervals that run backwards', 1
  UNION ALL SELECT 3, 'items with more than one open interval', 1
  UNION ALL SELECT 4, 'items without a project', 1
  UNION ALL SELECT 5, 'intervals without a flavour', 1
  UNION ALL SELECT 6, 'projects of which more than 100 % are owned', 1
  UNION ALL SELECT 7, 'projects that are parts of each other in a circle, or of one that is', 1
  UNION ALL SELECT 8, 'hours over users', 3600
  UNION ALL SELECT 9, 'hours over projects, without sub-projects', 3600
  UNION ALL SELECT 10, 'hours over institutions', 36000000
  UNION ALL SELECT 11, 'cost over users, in dollars', 360000
  UNION ALL SELECT 12, 'cost over projects, without sub-projects, in dollars', 360000
  UNION ALL SELECT 13, 'cost over institutions, in dollars', 3600000000
),
-- Found and expected are whole numbers, so many to the unit that is shown.
result AS (
  SELECT
    l.place AS place,
    l.name AS name,
    l.per_unit AS per_unit,
    CASE l.place
      WHEN 1 THEN CAST(f.overlapping AS Int128)
      WHEN 2 THEN CAST(f.backwards AS Int128)
      WHEN 3 THEN CAST(f.open_twice AS Int128)
      WHEN 4 THEN CAST(h.items AS Int128)
      WHEN 5 THEN CAST(f.without_flavour AS Int128)
      WHEN 6 THEN CAST(o.projects AS Int128)
      WHEN 7 THEN CAST(c.projects AS Int128)
      WHEN 8 THEN CAST(g.user_seconds AS Int128)
      WHEN 9 THEN CAST(g.project_seconds AS Int128)
      WHEN 10 THEN CAST(g.institution_seconds AS Int128)
      WHEN 11 THEN CAST(g.user_cents AS Int128)
      WHEN 12 THEN CAST(g.project_cents AS Int128)
      ELSE CAST(g.institution_cents AS Int128)
    END AS found,
    CASE
      WHEN l.place < 8 THEN CAST(0 AS Int128)
      WHEN l.place < 10 THEN CAST(t.seconds AS Int128)
      WHEN l.place = 10 THEN CAST(t.seconds * 10000 AS Int128)
      WHEN l.place < 13 THEN CAST(t.cents AS Int128)
      ELSE CAST(t.cents * 10000 AS Int128)
    END AS expected
  FROM looked_for AS l
  CROSS JOIN fault AS f
  CROSS JOIN homeless AS h
  CROSS JOIN oversold AS o
  CROSS JOIN circle AS c
  CROSS JOIN total AS t
  CROSS JOIN handed AS g
)
SELECT
  name AS "check",
  found / per_unit AS found,
  expected / per_unit AS expected,
  CAST(found = expected AS Bool) AS is_ok
FROM result
ORDER BY place
