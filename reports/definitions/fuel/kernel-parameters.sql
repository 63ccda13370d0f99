/*---
title: Kernel parameters
asks: Which kernel parameters do environments give to their nodes?
shared: installer
params:
  release:
  status:
chart: {type: bar, x: parameter, y: environments}
columns:
  parameter: {is: "the parameter's name; other where a word isn't known to be a parameter"}
  environments: {format: integer}
  installations: {format: integer, is: installations that have such an environment}
  share: {format: percent, is: "of all the environments, also those that have none; one may have several"}
---*/
WITH environment AS (
  SELECT e.installation_uid AS installation_uid, e.kernel_parameters AS kernel_parameters
  FROM fuel_environment_current AS e
  WHERE ({status:String} = '' OR lower(e.status) = {status:String})
    AND ({release:String} = '' OR coalesce(nullIf(e.release, ''), 'unknown') = {release:String})
),
listed AS (
  SELECT installation_uid, arrayJoin(kernel_parameters) AS parameter
  FROM environment
)
SELECT
  parameter,
  count() AS environments,
  uniqExact(installation_uid) AS installations,
  1.0 * count() / (SELECT count() FROM environment) AS share
FROM listed
GROUP BY parameter
ORDER BY environments DESC, parameter
