/*---
about: Which item is attached to which
source: Openstack
mode: full
key: [primary_item, secondary_item]
cursor: primary_item
schedule: 0 10/15 * * * ?
facts: [openstack_item2item]
---*/
SELECT primary_item, secondary_item
FROM item2item
