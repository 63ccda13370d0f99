/*---
about: "Whose a project is, in 1/10000: what institutions bought of it; the rest is the root's, that is its owners', and what they leave the root's itself, under its name. A project's shares always make 10000, so where more than 100 % was sold, the root's are negative"
---*/
WITH owned AS (
  SELECT
    p.moc_project_id AS moc_project_id,
    p.ancestors[1] AS root_id,
    100 - coalesce(sum(o.percent_owned), 0) AS rest
  FROM openstack_moc_project AS p
  LEFT JOIN openstack_institution2moc_project AS o ON o.moc_project_id = p.moc_project_id
  GROUP BY p.moc_project_id, p.ancestors[1]
)
SELECT
  part.moc_project_id AS moc_project_id,
  part.institution AS institution,
  coalesce(sum(part.ten_thousandths), 0) AS ten_thousandths
FROM (
  SELECT
    o.moc_project_id AS moc_project_id,
    coalesce(nullIf(i.institution_name, ''), 'unknown') AS institution,
    100 * coalesce(o.percent_owned, 0) AS ten_thousandths
  FROM openstack_institution2moc_project AS o
  LEFT JOIN openstack_institution AS i ON i.institution_id = o.institution_id
  UNION ALL
  SELECT
    p.moc_project_id AS moc_project_id,
    coalesce(nullIf(i.institution_name, ''), 'unknown') AS institution,
    p.rest * coalesce(o.percent_owned, 0) AS ten_thousandths
  FROM owned AS p
  JOIN openstack_institution2moc_project AS o ON o.moc_project_id = p.root_id
  LEFT JOIN openstack_institution AS i ON i.institution_id = o.institution_id
  WHERE p.moc_project_id <> p.root_id
  UNION ALL
  SELECT
    p.moc_project_id AS moc_project_id,
    m.path AS institution,
    CASE WHEN p.moc_project_id = p.root_id THEN 100 * p.rest ELSE p.rest * r.rest END AS ten_thousandths
  FROM owned AS p
  JOIN owned AS r ON r.moc_project_id = p.root_id
  JOIN openstack_moc_project AS m ON m.moc_project_id = p.root_id
  UNION ALL
  SELECT 0 AS moc_project_id, 'unknown' AS institution, 10000 AS ten_thousandths
) AS part
GROUP BY part.moc_project_id, part.institution
HAVING sum(part.ten_thousandths) <> 0
