/*---
title: Plugins
asks: Which plugins do sites have?
shared: core
params:
  from: {type: Date, default: '2010-01-01', is: the first day of sites' latest uploads}
  to: {type: Date, default: today+1, is: the day before which these were}
  version:
chart: {type: bar, x: plugin, y: sites}
columns:
  plugin: {link: 'foreman/plugin-versions?plugin={plugin}&version={version}&from={from}&to={to}', is: "the plugin's technical name; unknown where it has none"}
  sites: {format: integer, is: "sites that have it, by each site's latest upload"}
  share: {format: percent, is: "of all the sites, also those without plugins"}
---*/
WITH current_site AS (
  SELECT s.site AS site, s.uploaded_at AS uploaded_at
  FROM foreman_site_current AS s
  WHERE s.uploaded_at >= {from:DateTime('UTC')} AND s.uploaded_at < {to:DateTime('UTC')}
    AND ({version:String} = '' OR s.core_release = {version:String})
)
SELECT
  p.plugin AS plugin,
  uniqExact(p.site) AS sites,
  1.0 * uniqExact(p.site) / (SELECT count() FROM current_site) AS share
FROM foreman_plugin AS p
WHERE (p.site, p.uploaded_at) IN (SELECT site, uploaded_at FROM current_site)
GROUP BY p.plugin
ORDER BY sites DESC, plugin
