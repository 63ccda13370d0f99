/*---
title: Hardware of nodes
asks: How much hardware do nodes have?
shared: installer
params:
  release:
  measure: {type: String, default: '', is: "a measure such as disks; empty means all"}
chart: {type: bar, x: amount, y: nodes}
columns:
  measure: {is: what is counted or measured}
  amount: {is: "up to so much, and more than the step before; unknown where the node didn't say"}
  nodes: {format: integer}
  installations: {format: integer, is: installations that have such a node}
  share: {format: percent, is: of all the nodes}
---*/
WITH node AS (
  SELECT n.installation_uid AS installation_uid, n.cpu_sockets, n.cpus, n.memory_bytes, n.disks, n.disk_bytes, n.interfaces
  FROM fuel_node_current AS n
  WHERE {release:String} = '' OR coalesce(nullIf(n.release, ''), 'unknown') = {release:String}
),
measured AS (
  SELECT n.installation_uid AS installation_uid, 'processors' AS measure, 'sockets' AS unit, 'socket' AS one, n.cpu_sockets / 1.0 AS quantity FROM node AS n
  UNION ALL
  SELECT n.installation_uid AS installation_uid, 'logical processors' AS measure, 'threads' AS unit, 'thread' AS one, n.cpus / 1.0 AS quantity FROM node AS n
  UNION ALL
  SELECT n.installation_uid AS installation_uid, 'memory' AS measure, 'GiB' AS unit, 'GiB' AS one, n.memory_bytes / 1073741824.0 AS quantity FROM node AS n
  UNION ALL
  SELECT n.installation_uid AS installation_uid, 'disks' AS measure, 'disks' AS unit, 'disk' AS one, n.disks / 1.0 AS quantity FROM node AS n
  UNION ALL
  SELECT n.installation_uid AS installation_uid, 'disk space' AS measure, 'TB' AS unit, 'TB' AS one, n.disk_bytes / 1e12 AS quantity FROM node AS n
  UNION ALL
  SELECT n.installation_uid AS installation_uid, 'network interfaces' AS measure, 'interfaces' AS unit, 'interface' AS one, n.interfaces / 1.0 AS quantity FROM node AS n
),
stepped AS (
  SELECT
    installation_uid,
    measure,
    unit,
    one,
    CASE WHEN quantity <= 0 THEN 0 WHEN quantity <= 1 THEN 1 WHEN quantity <= 2 THEN 2 WHEN quantity <= 4 THEN 4 WHEN quantity <= 8 THEN 8
      WHEN quantity <= 16 THEN 16 WHEN quantity <= 32 THEN 32 WHEN quantity <= 64 THEN 64 WHEN quantity <= 128 THEN 128
      WHEN quantity <= 256 THEN 256 WHEN quantity <= 512 THEN 512 WHEN quantity <= 1024 THEN 1024 WHEN quantity > 1024 THEN 9998
      ELSE 9999 END AS step
  FROM measured
  WHERE {measure:String} = '' OR measure = {measure:String}
)
SELECT
  measure,
  CASE step WHEN 0 THEN concat('no ', unit) WHEN 1 THEN concat('up to 1 ', one) WHEN 9998 THEN concat('more than 1024 ', unit) WHEN 9999 THEN 'unknown'
    ELSE concat('up to ', CAST(step AS VARCHAR), ' ', unit) END AS amount,
  count() AS nodes,
  uniqExact(installation_uid) AS installations,
  1.0 * count() / sum(count()) OVER (PARTITION BY measure) AS share
FROM stepped
GROUP BY measure, unit, one, step
ORDER BY measure, step
