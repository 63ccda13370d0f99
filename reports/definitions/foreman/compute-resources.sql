/*---
title: Compute resources
asks: Where do sites run their virtual machines?
shared: core
params:
  from: {type: Date, default: '2010-01-01', is: the first day of sites' latest uploads}
  to: {type: Date, default: today+1, is: the day before which these were}
  version:
chart: {type: bar, x: type, y: [resources, sites]}
columns:
  type: {is: "what the resource is; unknown where the site told none"}
  resources: {format: integer, is: "two of one type at one site are two"}
  sites: {format: integer, is: "sites that have such a resource, by each site's latest upload"}
  share: {format: percent, is: of all the resources}
---*/
SELECT
  type,
  count() AS resources,
  uniqExact(site) AS sites,
  1.0 * count() / sum(count()) OVER () AS share
FROM foreman_compute_resource_current
WHERE uploaded_at >= {from:DateTime('UTC')} AND uploaded_at < {to:DateTime('UTC')}
  AND ({version:String} = '' OR core_release = {version:String})
GROUP BY type
ORDER BY resources DESC, type
