/*---
title: Networks of environments
asks: How are the networks of environments kept apart, and what carries them?
shared: installer
params:
  release:
  status:
chart: {type: bar, x: network_type, y: environments}
columns:
  network_type: {title: Network, is: "the service and how it keeps networks apart"}
  managed_by: {title: Provider or manager, is: "neutron's provider, or nova_network's manager; unknown where the site named none"}
  environments: {format: integer}
  installations: {format: integer, is: installations that have such an environment}
  share: {format: percent, is: of all the environments}
---*/
WITH environment AS (
  SELECT
    e.installation_uid AS installation_uid,
    concat(coalesce(nullIf(lower(e.net_provider), ''), 'unknown'), ', ', coalesce(nullIf(lower(e.segmentation_type), ''), 'unknown')) AS network_type,
    coalesce(nullIf(lower(CASE WHEN lower(e.net_provider) = 'nova_network' THEN e.net_manager ELSE e.net_l23_provider END), ''), 'unknown') AS managed_by
  FROM fuel_environment_current AS e
  WHERE ({status:String} = '' OR lower(e.status) = {status:String})
    AND ({release:String} = '' OR coalesce(nullIf(e.release, ''), 'unknown') = {release:String})
)
SELECT
  network_type,
  managed_by,
  count() AS environments,
  uniqExact(installation_uid) AS installations,
  1.0 * count() / sum(count()) OVER () AS share
FROM environment
GROUP BY network_type, managed_by
ORDER BY environments DESC, network_type, managed_by
