/*---
about: Which user has which role in which project
source: Openstack
mode: full
key: [project_id, poc_id, role_id]
cursor: project_id
schedule: 0 10/15 * * * ?
facts: [openstack_poc2project]
---*/
SELECT project_id, poc_id, role_id
FROM poc2project
