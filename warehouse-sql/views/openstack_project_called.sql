/*---
about: "What a project may be called by one who asks for it, and the projects that this means: its path, its number or its name alone; its sub-projects with it"
---*/
SELECT path AS called, moc_project_id
FROM openstack_project_within
UNION ALL
SELECT CAST(ancestor_id AS String) AS called, moc_project_id
FROM openstack_project_within
WHERE ancestor_id <> 0
UNION ALL
SELECT coalesce(project_name, '') AS called, moc_project_id
FROM openstack_project_within
WHERE coalesce(project_name, '') <> ''
