/*---
about: Nodes in the latest state of each installation that isn't filtered
kept: true
---*/
SELECT
  installation_uid, reported_at, environment_id, node_id, release, roles, os, status, is_online, manufacturer, product,
  is_virtual, cpus, memory_bytes, disks, disk_bytes, interfaces, cpu_sockets
FROM fuel_node
WHERE NOT is_filtered
  AND installation_uid NOT IN (SELECT installation_uid FROM fuel_installation_filtered)
  -- An installation's latest state may have none of these rows; then its earlier ones must not count either.
  AND (installation_uid, reported_at) IN (
    SELECT installation_uid, max(reported_at) AS latest_at
    FROM (
      SELECT installation_uid, reported_at FROM fuel_installation
      UNION ALL
      SELECT installation_uid, reported_at FROM fuel_node) AS state
    GROUP BY installation_uid)
