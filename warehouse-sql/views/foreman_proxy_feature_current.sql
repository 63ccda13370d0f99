/*---
about: Features of the proxies of the latest upload of each site
kept: true
---*/
SELECT
  site, uploaded_at, proxy_number, feature, core_release
FROM foreman_proxy_feature
-- A site's latest upload may have none of these rows; then its earlier ones must not count either.
WHERE (site, uploaded_at) IN (SELECT site, uploaded_at FROM foreman_site_current)
