/*---
title: Versions behind
asks: How many releases of the core is each site behind the newest one that any site runs?
params:
  from: {type: Date, default: '2010-01-01', is: the first day of sites' latest uploads}
  to: {type: Date, default: today+1, is: the day before which these were}
chart: {type: bar, x: releases_behind, y: sites}
columns:
  releases_behind: {format: integer, is: "the number of newer x.y releases among those that sites run; empty where the site's version is unknown"}
  sites: {format: integer, is: by each site's latest upload}
  share: {format: percent, is: of all the sites}
---*/
WITH current_site AS (
  SELECT
    s.site AS site,
    release_xy(s.core_release) AS version
  FROM foreman_site_current AS s
  WHERE s.uploaded_at >= {from:DateTime('UTC')} AND s.uploaded_at < {to:DateTime('UTC')}
),
ranked AS (
  SELECT version, dense_rank() OVER (ORDER BY version_order(version) DESC) - 1 AS newer
  FROM (SELECT DISTINCT version FROM current_site WHERE version IS NOT NULL) AS distinct_version
)
SELECT
  r.newer AS releases_behind,
  count() AS sites,
  1.0 * count() / sum(count()) OVER () AS share
FROM current_site AS s
LEFT JOIN ranked AS r ON r.version = s.version
GROUP BY r.newer
ORDER BY releases_behind NULLS LAST
