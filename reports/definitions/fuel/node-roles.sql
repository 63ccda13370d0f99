/*---
title: Roles of nodes
asks: Which roles do nodes have, and which are combined on one node?
shared: installer
params:
  release:
chart: {type: bar, x: roles, y: nodes}
columns:
  roles: {is: "the roles of one node, joined with +; none where it has none yet"}
  nodes: {format: integer}
  installations: {format: integer, is: installations that have such a node}
  share: {format: percent, is: of all the nodes}
---*/
WITH node AS (
  SELECT
    n.installation_uid AS installation_uid,
    coalesce(nullIf(n.roles, ''), 'none') AS roles
  FROM fuel_node_current AS n
  WHERE {release:String} = '' OR coalesce(nullIf(n.release, ''), 'unknown') = {release:String}
)
SELECT
  roles,
  count() AS nodes,
  uniqExact(installation_uid) AS installations,
  1.0 * count() / sum(count()) OVER () AS share
FROM node
GROUP BY roles
ORDER BY nodes DESC, roles
