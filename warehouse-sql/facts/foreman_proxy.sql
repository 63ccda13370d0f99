/*---
about: Proxies of sites, upload by upload
grain: one row per proxy of one upload of a site
key: [site, uploaded_at, proxy_number]
partition: toYYYYMM(uploaded_at)
columns:
  site: {is: the anonymous site, identifies: site}
  uploaded_at: {is: "when the collector took the upload in; 1970 where it noted no time", unit: UTC}
  proxy_number: {is: "the proxy's number within the upload, from 1"}
  core_release: {is: "x.y of the site's core version; as it is where that doesn't begin with a number, unknown where there is none"}
  version: {is: "the proxy's version; NULL where it told none"}
  features: {is: the number of its features}
---*/
WITH arrayJoin(arrayEnumerate(sent_proxies)) AS number
SELECT
  assumeNotNull(uuid) AS site,
  uploaded_at,
  toUInt32(number) AS proxy_number,
  core_release,
  sent_proxies[number].version AS version,
  toUInt32(length(arrayDistinct(arrayFilter(f -> ifNull(f, '') != '', sent_proxies[number].features)))) AS features
FROM {landing}
