/*---
title: Single roles of nodes
asks: How many nodes have each role, alone or among others?
shared: installer
params:
  release:
chart: {type: bar, x: role, y: nodes}
columns:
  role: {is: "none where a node has no role yet"}
  nodes: {format: integer}
  installations: {format: integer, is: installations that have such a node}
  share: {format: percent, is: "of all the nodes; one may have several roles"}
---*/
WITH node AS (
  SELECT
    n.installation_uid AS installation_uid,
    splitByChar('+', coalesce(nullIf(n.roles, ''), 'none')) AS roles
  FROM fuel_node_current AS n
  WHERE {release:String} = '' OR coalesce(nullIf(n.release, ''), 'unknown') = {release:String}
),
listed AS (
  SELECT installation_uid, arrayJoin(roles) AS role
  FROM node
)
SELECT
  role,
  count() AS nodes,
  uniqExact(installation_uid) AS installations,
  1.0 * count() / (SELECT count() FROM node) AS share
FROM listed
GROUP BY role
ORDER BY nodes DESC, role
