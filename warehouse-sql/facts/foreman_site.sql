/*---
about: Uploads of sites; the source keeps each site's last one only
grain: one row per upload of a site that the warehouse has seen
key: [site, uploaded_at]
partition: toYYYYMM(uploaded_at)
columns:
  site: {is: the anonymous site, identifies: site}
  uploaded_at: {is: "when the collector took the upload in; 1970 where it noted no time", unit: UTC}
  created_at: {is: when the collector first heard of the site, unit: UTC}
  core_version: {is: "the site's core version as it told it, for example 3.9.1"}
  core_release: {is: "x.y of the site's core version; as it is where that doesn't begin with a number, unknown where there is none"}
  proxies: {is: the number of its proxies}
  plugins: {is: the number of its plugins}
  compute_resources: {is: the number of its compute resources}
---*/
SELECT
  assumeNotNull(uuid) AS site,
  uploaded_at,
  created_at,
  core_version,
  core_release,
  toUInt32(length(sent_proxies)) AS proxies,
  toUInt32(length(sent_plugins)) AS plugins,
  toUInt32(length(sent_resources)) AS compute_resources
FROM {landing}
