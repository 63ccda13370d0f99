/*---
about: Plugins of sites, upload by upload
grain: one row per plugin version of one upload of a site
key: [site, uploaded_at, plugin, version]
partition: toYYYYMM(uploaded_at)
columns:
  site: {is: the anonymous site, identifies: site}
  uploaded_at: {is: "when the collector took the upload in; 1970 where it noted no time", unit: UTC}
  plugin: {is: "the plugin's technical name; unknown where it has none"}
  version: {is: "the plugin's version; unknown where it told none"}
  core_release: {is: "x.y of the site's core version; as it is where that doesn't begin with a number, unknown where there is none"}
---*/
WITH arrayJoin(sent_plugins) AS installed
SELECT
  assumeNotNull(uuid) AS site,
  uploaded_at,
  coalesce(nullIf(installed.name, ''), 'unknown') AS plugin,
  coalesce(nullIf(installed.version, ''), 'unknown') AS version,
  core_release
FROM {landing}
