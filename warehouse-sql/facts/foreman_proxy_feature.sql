/*---
about: Features of the proxies of sites, upload by upload
grain: one row per feature of a proxy of one upload of a site
key: [site, uploaded_at, proxy_number, feature]
partition: toYYYYMM(uploaded_at)
columns:
  site: {is: the anonymous site, identifies: site}
  uploaded_at: {is: "when the collector took the upload in; 1970 where it noted no time", unit: UTC}
  proxy_number: {is: "the proxy's number within the upload, from 1"}
  feature: {is: "what the proxy does, for example DHCP or Puppet"}
  core_release: {is: "x.y of the site's core version; as it is where that doesn't begin with a number, unknown where there is none"}
---*/
WITH
  arrayJoin(arrayFlatten(arrayMap(
    (proxy, number) -> arrayMap(f -> (number, f), arrayDistinct(arrayFilter(f -> ifNull(f, '') != '', proxy.features))),
    sent_proxies,
    arrayEnumerate(sent_proxies)))) AS one
SELECT
  assumeNotNull(uuid) AS site,
  uploaded_at,
  toUInt32(one.1) AS proxy_number,
  assumeNotNull(one.2) AS feature,
  core_release
FROM {landing}
