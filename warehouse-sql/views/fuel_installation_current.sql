/*---
about: The latest state of each installation that isn't filtered
kept: true
---*/
SELECT
  installation_uid, reported_at, created_at, release, feature_groups, environments, environments_sent,
  allocated_nodes, unallocated_nodes, contact_info_provided
FROM fuel_installation
WHERE NOT is_filtered
  AND (installation_uid, reported_at) IN (
    SELECT installation_uid, max(reported_at) AS latest_at
    FROM fuel_installation
    GROUP BY installation_uid)
