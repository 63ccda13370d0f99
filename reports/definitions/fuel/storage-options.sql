/*---
title: Storage of environments
asks: Which storage options are switched on?
shared: installer
params:
  release:
  status:
chart: {type: bar, x: storage_option, y: environments}
columns:
  storage_option: {title: Option, is: "what is kept where: volumes, images, objects and ephemeral disks, in Ceph or on LVM"}
  environments: {format: integer}
  installations: {format: integer, is: installations that have such an environment}
  share: {format: percent, is: "of all the environments, also those that have none; one may have several"}
---*/
WITH environment AS (
  SELECT e.installation_uid AS installation_uid, e.storage AS storage
  FROM fuel_environment_current AS e
  WHERE ({status:String} = '' OR lower(e.status) = {status:String})
    AND ({release:String} = '' OR coalesce(nullIf(e.release, ''), 'unknown') = {release:String})
),
listed AS (
  SELECT installation_uid, arrayJoin(storage) AS storage_option
  FROM environment
)
SELECT
  storage_option,
  count() AS environments,
  uniqExact(installation_uid) AS installations,
  1.0 * count() / (SELECT count() FROM environment) AS share
FROM listed
GROUP BY storage_option
ORDER BY environments DESC, storage_option
