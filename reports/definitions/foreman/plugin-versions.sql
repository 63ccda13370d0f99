/*---
title: Versions of plugins
asks: Which versions of their plugins do sites have?
shared: core
params:
  from: {type: Date, default: '2010-01-01', is: the first day of sites' latest uploads}
  to: {type: Date, default: today+1, is: the day before which these were}
  plugin: {type: String, default: '', is: "a plugin's technical name, for example foreman_ansible; empty means all", suggest: SELECT DISTINCT plugin FROM foreman_plugin_current ORDER BY plugin}
  version:
columns:
  plugin: {is: "the plugin's technical name; unknown where it has none"}
  version: {is: "the plugin's version as the site told it; unknown where it told none"}
  sites: {format: integer, is: "sites that have it, by each site's latest upload"}
  share: {format: percent, is: of the plugin's installations}
---*/
SELECT
  plugin,
  version,
  count() AS sites,
  1.0 * count() / sum(count()) OVER (PARTITION BY plugin) AS share
FROM foreman_plugin_current AS p
WHERE p.uploaded_at >= {from:DateTime('UTC')} AND p.uploaded_at < {to:DateTime('UTC')}
  AND ({plugin:String} = '' OR p.plugin = {plugin:String})
  AND ({version:String} = '' OR p.core_release = {version:String})
GROUP BY plugin, version
ORDER BY plugin, version_order(version), version
