/*---
title: Features of proxies
asks: Which features do proxies have?
shared: core
params:
  from: {type: Date, default: '2010-01-01', is: the first day of sites' latest uploads}
  to: {type: Date, default: today+1, is: the day before which these were}
  version:
chart: {type: bar, x: feature, y: [proxies, sites]}
columns:
  feature: {is: "what a smart proxy can do, for example DHCP or Puppet CA"}
  proxies: {format: integer, is: "proxies that have the feature, by each site's latest upload"}
  sites: {format: integer, is: sites that have such a proxy}
  share: {format: percent, is: "of all the proxies, also those without features"}
---*/
WITH current_site AS (
  SELECT s.site AS site, s.uploaded_at AS uploaded_at, s.proxies AS proxies
  FROM foreman_site_current AS s
  WHERE s.uploaded_at >= {from:DateTime('UTC')} AND s.uploaded_at < {to:DateTime('UTC')}
    AND ({version:String} = '' OR s.core_release = {version:String})
)
SELECT
  f.feature AS feature,
  count() AS proxies,
  uniqExact(f.site) AS sites,
  1.0 * count() / (SELECT sum(proxies) FROM current_site) AS share
FROM foreman_proxy_feature AS f
WHERE (f.site, f.uploaded_at) IN (SELECT site, uploaded_at FROM current_site)
GROUP BY f.feature
ORDER BY proxies DESC, feature
