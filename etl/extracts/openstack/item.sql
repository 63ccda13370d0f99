/*---
about: "Items that projects use: virtual machines, volumes, addresses …"
source: Openstack
mode: full
key: [item_id]
cursor: item_id
schedule: 0 10/15 * * * ?
facts: [openstack_item]
---*/
SELECT
  item_id,
  project_id,
  poc_id,
  -- item_name stays at the source: it may be the name of a host.
  item_uid,
  item_type_id
FROM item
