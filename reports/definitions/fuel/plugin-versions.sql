/*---
title: Versions of plugins
asks: Which versions of plugins are installed?
shared: installer
params:
  release:
  status:
  plugin: {type: String, default: '', is: "a plugin's technical name; empty means all", suggest: SELECT DISTINCT plugin FROM fuel_plugin_current ORDER BY plugin}
chart: {type: bar, x: version, y: environments}
columns:
  plugin: {is: the plugin's technical name}
  version: {is: "the plugin's version; unknown where the site named none"}
  environments: {format: integer}
  installations: {format: integer, is: installations that have such an environment}
  share: {format: percent, is: of the environments that have the plugin in one of its versions}
---*/
WITH environment AS (
  SELECT e.installation_uid AS installation_uid, e.environment_id AS environment_id
  FROM fuel_environment_current AS e
  WHERE ({status:String} = '' OR lower(e.status) = {status:String})
    AND ({release:String} = '' OR coalesce(nullIf(e.release, ''), 'unknown') = {release:String})
),
installed AS (
  SELECT
    p.installation_uid AS installation_uid,
    p.plugin AS plugin,
    coalesce(nullIf(p.version, ''), 'unknown') AS version
  FROM fuel_plugin_current AS p
  JOIN environment AS e ON e.installation_uid = p.installation_uid AND e.environment_id = p.environment_id
  WHERE {plugin:String} = '' OR p.plugin = {plugin:String}
)
SELECT
  plugin,
  version,
  count() AS environments,
  uniqExact(installation_uid) AS installations,
  1.0 * count() / sum(count()) OVER (PARTITION BY plugin) AS share
FROM installed
GROUP BY plugin, version
ORDER BY plugin, version_order(version), version
