/*---
about: Compute resources of the latest upload of each site
kept: true
---*/
SELECT
  site, uploaded_at, resource_number, core_release, type
FROM foreman_compute_resource
-- A site's latest upload may have none of these rows; then its earlier ones must not count either.
WHERE (site, uploaded_at) IN (SELECT site, uploaded_at FROM foreman_site_current)
