/*---
about: Institutions that share the cloud
source: Openstack
mode: full
key: [institution_id]
cursor: institution_id
schedule: 0 10/15 * * * ?
facts: [openstack_institution]
---*/
SELECT institution_id, institution_name
FROM institution
