/*---
title: Core versions
asks: Which versions of the core do sites run?
params:
  from: {type: Date, default: '2010-01-01', is: the first day of sites' latest uploads}
  to: {type: Date, default: today+1, is: the day before which these were}
chart: {type: bar, x: version, y: sites}
columns:
  version: {link: 'foreman/plugins?version={version}&from={from}&to={to}', is: "x.y, for example 3.9; as it is where that doesn't begin with a number, unknown where there is none"}
  sites: {format: integer, is: by each site's latest upload}
  share: {format: percent, is: of all the sites}
---*/
SELECT
  core_release AS version,
  count() AS sites,
  1.0 * count() / sum(count()) OVER () AS share
FROM foreman_site_current
WHERE uploaded_at >= {from:DateTime('UTC')} AND uploaded_at < {to:DateTime('UTC')}
GROUP BY core_release
ORDER BY version_order(core_release), version
