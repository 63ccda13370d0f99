/*---
title: Proxies per site
asks: How many proxies do sites have?
shared: core
params:
  from: {type: Date, default: '2010-01-01', is: the first day of sites' latest uploads}
  to: {type: Date, default: today+1, is: the day before which these were}
  version:
chart: {type: bar, x: proxies, y: sites}
columns:
  proxies: {format: integer, is: how many proxies a site has}
  sites: {format: integer, is: "sites that have so many, by each site's latest upload"}
  share: {format: percent, is: of all the sites}
---*/
SELECT
  proxies,
  count() AS sites,
  1.0 * count() / sum(count()) OVER () AS share
FROM foreman_site_current
WHERE uploaded_at >= {from:DateTime('UTC')} AND uploaded_at < {to:DateTime('UTC')}
  AND ({version:String} = '' OR core_release = {version:String})
GROUP BY proxies
ORDER BY proxies
