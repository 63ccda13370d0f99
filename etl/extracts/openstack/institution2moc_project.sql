/*---
about: Which institution bought how much of which project
source: Openstack
mode: full
key: [moc_project_id, institution_id]
cursor: moc_project_id
schedule: 0 10/15 * * * ?
facts: [openstack_institution2moc_project]
---*/
SELECT moc_project_id, institution_id, percent_owned
FROM institution2moc_project
