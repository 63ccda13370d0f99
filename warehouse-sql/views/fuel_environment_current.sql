/*---
about: Environments in the latest state of each installation that isn't filtered
kept: true
---*/
SELECT
  installation_uid, reported_at, environment_id, release, status, mode, os, openstack_version, hypervisor, is_customized,
  net_provider, segmentation_type, nodes, nodes_sent, net_l23_provider, net_manager, storage, projects, kernel_parameters
FROM fuel_environment
WHERE NOT is_filtered
  AND installation_uid NOT IN (SELECT installation_uid FROM fuel_installation_filtered)
  -- An installation's latest state may have none of these rows; then its earlier ones must not count either.
  AND (installation_uid, reported_at) IN (
    SELECT installation_uid, max(reported_at) AS latest_at
    FROM (
      SELECT installation_uid, reported_at FROM fuel_installation
      UNION ALL
      SELECT installation_uid, reported_at FROM fuel_environment) AS state
    GROUP BY installation_uid)
