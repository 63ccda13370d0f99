/*---
about: Kinds of items
source: Openstack
mode: full
key: [item_type_id]
cursor: item_type_id
schedule: 0 10/15 * * * ?
facts: [openstack_item_type]
---*/
SELECT item_type_id, item_definition, item_desc
FROM item_type
