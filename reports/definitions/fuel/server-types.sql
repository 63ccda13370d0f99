/*---
title: Types of servers
asks: Which hardware do nodes run on?
shared: installer
params:
  release:
chart: {type: bar, x: product, y: nodes}
columns:
  manufacturer: {is: "as the firmware says; unknown where it doesn't"}
  product: {is: "as the firmware says; unknown where it doesn't"}
  is_virtual: {title: Virtual}
  nodes: {format: integer}
  installations: {format: integer, is: installations that have such a node}
---*/
WITH node AS (
  SELECT
    n.installation_uid AS installation_uid,
    coalesce(nullIf(n.manufacturer, ''), 'unknown') AS manufacturer,
    coalesce(nullIf(n.product, ''), 'unknown') AS product,
    n.is_virtual AS is_virtual
  FROM fuel_node_current AS n
  WHERE {release:String} = '' OR coalesce(nullIf(n.release, ''), 'unknown') = {release:String}
)
SELECT
  manufacturer,
  product,
  is_virtual,
  count() AS nodes,
  uniqExact(installation_uid) AS installations
FROM node
GROUP BY manufacturer, product, is_virtual
ORDER BY nodes DESC, manufacturer, product, is_virtual
