/*---
about: "Projects of the cloud's services, each of which belongs to a project of the tree"
source: Openstack
mode: full
key: [project_id]
cursor: project_id
schedule: 0 10/15 * * * ?
facts: [openstack_project]
---*/
SELECT project_id, moc_project_id, service_id, project_uuid
FROM project
