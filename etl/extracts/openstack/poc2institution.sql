/*---
about: Which user has which role in which institution
source: Openstack
mode: full
key: [poc_id, institution_id, role_id]
cursor: poc_id
schedule: 0 10/15 * * * ?
facts: [openstack_poc2institution]
---*/
SELECT poc_id, institution_id, role_id
FROM poc2institution
