/*---
title: Releases of OpenStack
asks: Which releases of OpenStack do environments run?
shared: installer
params:
  release:
  status:
chart: {type: bar, x: openstack_release, y: environments}
columns:
  openstack_release: {title: Release, is: "in lower case; unknown where the site named none"}
  environments: {format: integer}
  installations: {format: integer, is: installations that have such an environment}
  share: {format: percent, is: of all the environments}
---*/
WITH environment AS (
  SELECT
    e.installation_uid AS installation_uid,
    coalesce(nullIf(lower(e.openstack_version), ''), 'unknown') AS openstack_release
  FROM fuel_environment_current AS e
  WHERE ({status:String} = '' OR lower(e.status) = {status:String})
    AND ({release:String} = '' OR coalesce(nullIf(e.release, ''), 'unknown') = {release:String})
)
SELECT
  openstack_release,
  count() AS environments,
  uniqExact(installation_uid) AS installations,
  1.0 * count() / sum(count()) OVER () AS share
FROM environment
GROUP BY openstack_release
ORDER BY environments DESC, openstack_release
