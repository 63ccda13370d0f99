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
    r.started_at AS started_at,
    r.ended_at AS ended_at,
    max(coalesce(r.ended_at, toDate('2149-06-06'))) OVER (
      PARTITION BY r.item_id ORDER BY r.started_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS taken_until,
    row_number() OVER (PARTITION BY r.item_id ORDER BY r.started_at) AS number
  FROM openstack_raw_item_ts AS r
),
looked_at AS (
  SELECT r.item_id AS item_id, r.started_at AS started_at, r.ended_at AS ended_at, r.taken_until AS taken_until, r.number AS number
  FROM row_of AS r
  CROSS JOIN period AS p
  WHERE r.started_at < p.end_day AND greatest(r.started_at, coalesce(r.ended_at, p.end_day)) >= p.first_day
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
    i.username AS username,
    i.moc_project_id AS moc_project_id,
    sum(i.seconds) AS seconds,
    sum(i.seconds * i.price_cents) AS cents
  FROM (
    SELECT
      u.username AS username,
      u.moc_project_id AS moc_project_id,
      u.price_cents AS price_cents,
      CAST(dateDiff('second', greatest(u.started_at, p.first_day), least(u.ended_at, p.end_day)) AS Int128) AS seconds
    FROM openstack_usage AS u
    CROSS JOIN period AS p
  ) AS i
  WHERE i.seconds > 0
  GROUP BY i.username, i.moc_project_id
),
by_user AS (
  SELECT username AS name, sum(seconds) AS seconds, sum(cents) AS cents FROM used GROUP BY username
),
by_project AS (
  SELECT w.path AS name, sum(u.seconds) AS seconds, sum(u.cents) AS cents
  FROM used AS u
  JOIN openstack_project_within AS w ON w.moc_project_id = u.moc_project_id AND w.ancestor_id = u.moc_project_id
  GROUP BY w.path
),
by_institution AS (
  SELECT s.institution AS name, sum(u.seconds * s.ten_thousandths) AS seconds, sum(u.cents * s.ten_thousandths) AS cents
  FROM used AS u
  JOIN openstack_share AS s ON s.moc_project_id = u.moc_project_id
  GROUP BY s.institution
),
-- Found and expected are whole numbers, so many to the unit that is shown.
result AS (
  SELECT 1 AS place, 'intervals that overlap an earlier one of their item' AS name, CAST(count() AS Int128) AS found, CAST(0 AS Int128) AS expected, 1 AS per_unit
  FROM looked_at WHERE number > 1 AND started_at < taken_until AND coalesce(ended_at > started_at, true)
  UNION ALL
  SELECT 2, 'intervals that run backwards', CAST(count() AS Int128), CAST(0 AS Int128), 1
  FROM looked_at WHERE ended_at < started_at
  UNION ALL
  SELECT 3, 'items with more than one open interval', CAST(count() AS Int128), CAST(0 AS Int128), 1
  FROM (SELECT item_id FROM looked_at WHERE ended_at IS NULL GROUP BY item_id HAVING count() > 1) AS item
  UNION ALL
  SELECT 4, 'items without a project', CAST(count() AS Int128), CAST(0 AS Int128), 1
  FROM openstack_item
  WHERE item_id NOT IN (
    SELECT i.item_id
    FROM openstack_item AS i
    JOIN openstack_project AS p ON p.project_id = i.project_id
    JOIN openstack_moc_project AS m ON m.moc_project_id = p.moc_project_id)
  UNION ALL
  SELECT 5, 'intervals without a flavour', CAST(count() AS Int128), CAST(0 AS Int128), 1
  FROM openstack_raw_item_ts
  WHERE (item_id, started_at) IN (SELECT item_id, started_at FROM looked_at)
    AND (catalog_item_id IS NULL OR catalog_item_id NOT IN (SELECT catalog_item_id FROM openstack_catalog_item))
  UNION ALL
  SELECT 6, 'projects of which more than 100 % are owned', CAST(count() AS Int128), CAST(0 AS Int128), 1
  FROM (SELECT moc_project_id FROM openstack_institution2moc_project GROUP BY moc_project_id HAVING sum(percent_owned) > 100) AS project
  UNION ALL
  SELECT 7, 'projects that are parts of each other in a circle, or of one that is', CAST(count() AS Int128), CAST(0 AS Int128), 1
  FROM openstack_moc_project
  WHERE ancestors[1] NOT IN (SELECT moc_project_id FROM openstack_moc_project WHERE parent_moc_project_id IS NULL)
  UNION ALL
  SELECT 8, 'hours over users', (SELECT sum(seconds) FROM by_user), seconds, 3600 FROM total
  UNION ALL
  SELECT 9, 'hours over projects, without sub-projects', (SELECT sum(seconds) FROM by_project), seconds, 3600 FROM total
  UNION ALL
  SELECT 10, 'hours over institutions', (SELECT sum(seconds) FROM by_institution), seconds * 10000, 36000000 FROM total
  UNION ALL
  SELECT 11, 'cost over users, in dollars', (SELECT sum(cents) FROM by_user), cents, 360000 FROM total
  UNION ALL
  SELECT 12, 'cost over projects, without sub-projects, in dollars', (SELECT sum(cents) FROM by_project), cents, 360000 FROM total
  UNION ALL
  SELECT 13, 'cost over institutions, in dollars', (SELECT sum(cents) FROM by_institution), cents * 10000, 3600000000 FROM total
)
SELECT
  name AS "check",
  coalesce(found, 0) / per_unit AS found,
  expected / per_unit AS expected,
  CAST(coalesce(found, 0) = expected AS Bool) AS is_ok
FROM result
ORDER BY place
