/*---
about: "Projects as a tree, in which those of services hang"
source: Openstack
mode: full
key: [moc_project_id]
cursor: moc_project_id
schedule: 0 10/15 * * * ?
facts: [openstack_moc_project]
---*/
WITH RECURSIVE way AS (
  -- Up from each project. One that comes to itself again ends there: a circle must not keep the load from ending.
  SELECT
    moc_project_id,
    parent_moc_project_id AS next_id,
    ARRAY[moc_project_id] AS ancestors,
    coalesce(nullif(project_name, ''), 'project ' || moc_project_id) AS path
  FROM moc_project
  UNION ALL
  SELECT
    w.moc_project_id,
    p.parent_moc_project_id,
    p.moc_project_id || w.ancestors,
    coalesce(nullif(p.project_name, ''), 'project ' || p.moc_project_id) || ' / ' || w.path
  FROM way AS w
  JOIN moc_project AS p ON p.moc_project_id = w.next_id
  WHERE p.moc_project_id != ALL (w.ancestors)
),
whole AS (
  SELECT DISTINCT ON (moc_project_id) moc_project_id, path, ancestors
  FROM way
  ORDER BY moc_project_id, cardinality(ancestors) DESC
)
SELECT p.moc_project_id, p.project_name, p.parent_moc_project_id, w.path, w.ancestors
FROM moc_project AS p
JOIN whole AS w ON w.moc_project_id = p.moc_project_id
