/*---
about: Plugins that are installed in environments
grain: one row per plugin version of an environment in one reported state of its installation
key: [installation_uid, reported_at, environment_id, plugin, version]
partition: toYYYYMM(reported_at)
columns:
  installation_uid: {is: the anonymous installation, identifies: site}
  reported_at: {is: "when the collector took the installation's state in; 1970 where it noted no time", unit: UTC}
  environment_id: {is: "the environment, a number within its installation"}
  plugin: {is: "the plugin's technical name"}
  version: {is: "the plugin's version; empty where the site named none"}
  is_filtered: {is: "whether the collector set the installation aside; such rows count nowhere"}
  release: {is: "the installer's release, for example 9.0"}
---*/
WITH
  arrayJoin(arrayFlatten(arrayMap(c -> arrayMap(p -> (c.id, p), c.installed_plugins), JSONExtract(sent, 'clusters', 'Array(Tuple(
    id Int32, installed_plugins Array(Tuple(name String, version String))))')))) AS installed
SELECT
  master_node_uid AS installation_uid,
  reported_at,
  installed.1 AS environment_id,
  installed.2.name AS plugin,
  installed.2.version AS version,
  ifNull(landed.is_filtered, false) AS is_filtered,
  coalesce(landed.release, JSONExtract(sent, 'fuel_release', 'release', 'Nullable(String)')) AS release
FROM {landing} AS landed
