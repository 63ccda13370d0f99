/*---
about: "In which state each item was from when to when; open intervals are closed by later updates, with any end"
source: Openstack
mode: full
key: [item_id, start_ts]
cursor: start_ts
schedule: 0 10/15 * * * ?
facts: [openstack_raw_item_ts]
---*/
SELECT item_id, catalog_item_id, state, start_ts, end_ts
FROM raw_item_ts
