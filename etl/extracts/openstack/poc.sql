/*---
about: "Users: people whom items and projects belong to, by their user names alone"
source: Openstack
mode: full
key: [poc_id]
cursor: poc_id
schedule: 0 10/15 * * * ?
facts: [openstack_poc]
---*/
SELECT poc_id, username
FROM poc
