/*---
title: Virtual and bare-metal nodes
asks: Do nodes run on hardware or in virtual machines?
shared: installer
params:
  release:
chart: {type: bar, x: machine, y: nodes}
columns:
  machine: {is: "virtual where the maker or the model is one that only virtual machines report"}
  nodes: {format: integer}
  installations: {format: integer, is: installations that have such a node}
  share: {format: percent, is: of all the nodes}
---*/
WITH node AS (
  SELECT
    n.installation_uid AS installation_uid,
    CASE WHEN n.is_virtual THEN 'virtual' ELSE 'bare metal' END AS machine
  FROM fuel_node_current AS n
  WHERE {release:String} = '' OR coalesce(nullIf(n.release, ''), 'unknown') = {release:String}
)
SELECT
  machine,
  count() AS nodes,
  uniqExact(installation_uid) AS installations,
  1.0 * count() / sum(count()) OVER () AS share
FROM node
GROUP BY machine
ORDER BY nodes DESC, machine
