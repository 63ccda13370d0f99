/*---
about: Compute resources of sites, upload by upload; two of one type are two rows
grain: one row per compute resource of one upload of a site
key: [site, uploaded_at, resource_number]
partition: toYYYYMM(uploaded_at)
columns:
  site: {is: the anonymous site, identifies: site}
  uploaded_at: {is: "when the collector took the upload in; 1970 where it noted no time", unit: UTC}
  resource_number: {is: "the resource's number within the upload, from 1"}
  core_release: {is: "x.y of the site's core version; as it is where that doesn't begin with a number, unknown where there is none"}
  type: {is: "what it is, for example Libvirt; unknown where it told none"}
---*/
WITH arrayJoin(arrayEnumerate(sent_resources)) AS number
SELECT
  assumeNotNull(uuid) AS site,
  uploaded_at,
  toUInt32(number) AS resource_number,
  core_release,
  coalesce(nullIf(sent_resources[number].type, ''), 'unknown') AS type
FROM {landing}
