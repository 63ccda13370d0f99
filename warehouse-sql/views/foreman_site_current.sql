/*---
about: The latest upload of each site
kept: true
---*/
SELECT
  site, uploaded_at, created_at, core_version, core_release, proxies, plugins, compute_resources
FROM foreman_site
WHERE (site, uploaded_at) IN (
  SELECT site, max(uploaded_at) AS latest_at
  FROM foreman_site
  GROUP BY site)
