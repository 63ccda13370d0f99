/*---
about: Each project of the tree with every project that it is within, itself too, and that one's path; 0 is what belongs to no project
---*/
SELECT w.moc_project_id AS moc_project_id, w.ancestor_id AS ancestor_id, a.path AS path, a.project_name AS project_name
FROM (SELECT p.moc_project_id AS moc_project_id, arrayJoin(p.ancestors) AS ancestor_id FROM openstack_moc_project AS p) AS w
JOIN openstack_moc_project AS a ON a.moc_project_id = w.ancestor_id
UNION ALL
SELECT 0 AS moc_project_id, 0 AS ancestor_id, 'unknown' AS path, NULL AS project_name
