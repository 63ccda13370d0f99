/*---
title: Related projects
asks: Which other projects of OpenStack are switched on?
shared: installer
params:
  release:
  status:
chart: {type: bar, x: project, y: environments}
columns:
  project: {is: "the project's name"}
  environments: {format: integer}
  installations: {format: integer, is: installations that have such an environment}
  share: {format: percent, is: "of all the environments, also those that have none; one may have several"}
---*/
WITH environment AS (
  SELECT e.installation_uid AS installation_uid, e.projects AS projects
  FROM fuel_environment_current AS e
  WHERE ({status:String} = '' OR lower(e.status) = {status:String})
    AND ({release:String} = '' OR coalesce(nullIf(e.release, ''), 'unknown') = {release:String})
),
listed AS (
  SELECT installation_uid, arrayJoin(projects) AS project
  FROM environment
)
SELECT
  project,
  count() AS environments,
  uniqExact(installation_uid) AS installations,
  1.0 * count() / (SELECT count() FROM environment) AS share
FROM listed
GROUP BY project
ORDER BY environments DESC, project
