/*---
title: Installations and their environments
asks: How many installations are there, with how many environments?
shared: installer
params:
  release:
columns:
  installations: {format: integer}
  environments: {format: integer, is: as many as the sites said that they have}
  operable_environments: {title: Operable environments, format: integer, is: "environments that are operational or in error, of those that the sites described"}
---*/
WITH operable AS (
  SELECT e.installation_uid AS installation_uid, count() AS environments
  FROM fuel_environment_current AS e
  WHERE lower(e.status) IN ('operational', 'error')
  GROUP BY e.installation_uid
)
SELECT
  count() AS installations,
  coalesce(sum(i.environments), 0) AS environments,
  coalesce(sum(o.environments), 0) AS operable_environments
FROM fuel_installation_current AS i
LEFT JOIN operable AS o ON o.installation_uid = i.installation_uid
WHERE {release:String} = '' OR coalesce(nullIf(i.release, ''), 'unknown') = {release:String}
ORDER BY installations
