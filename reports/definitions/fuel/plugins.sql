/*---
title: Plugins
asks: Which plugins are installed?
shared: installer
params:
  release:
  status:
chart: {type: bar, x: plugin, y: environments}
columns:
  plugin: {link: 'fuel/plugin-versions?plugin={plugin}&release={release}&status={status}', is: the plugin's technical name}
  environments: {format: integer, is: environments that have it in any version}
  installations: {format: integer, is: installations that have such an environment}
  versions: {format: integer, is: how many versions of it there are}
  share: {format: percent, is: "of all the environments, also those without plugins; one may have several"}
---*/
WITH environment AS (
  SELECT e.installation_uid AS installation_uid, e.environment_id AS environment_id
  FROM fuel_environment_current AS e
  WHERE ({status:String} = '' OR lower(e.status) = {status:String})
    AND ({release:String} = '' OR coalesce(nullIf(e.release, ''), 'unknown') = {release:String})
),
installed AS (
  SELECT DISTINCT p.installation_uid AS installation_uid, p.environment_id AS environment_id, p.plugin AS plugin, p.version AS version
  FROM fuel_plugin_current AS p
  JOIN environment AS e ON e.installation_uid = p.installation_uid AND e.environment_id = p.environment_id
),
environment_plugin AS (
  SELECT installation_uid, environment_id, plugin
  FROM installed
  GROUP BY installation_uid, environment_id, plugin
),
plugin_version AS (
  SELECT plugin, uniqExact(version) AS versions
  FROM installed
  GROUP BY plugin
)
SELECT
  p.plugin AS plugin,
  count() AS environments,
  uniqExact(p.installation_uid) AS installations,
  max(v.versions) AS versions,
  1.0 * count() / (SELECT count() FROM environment) AS share
FROM environment_plugin AS p
JOIN plugin_version AS v ON v.plugin = p.plugin
GROUP BY p.plugin
ORDER BY environments DESC, plugin
