/*---
title: Releases of the installer
asks: Which releases of the installer are in use?
chart: {type: bar, x: release, y: installations}
public:
  {of: installation, site: installation_uid, heard: fuel_installation_heard, group: release, sites: installations, min_group: 5, min_age: 30d, round_to: 5,
   share: {share: installations}}
columns:
  release: {link: 'fuel/deployment-time?release={release}', is: "the installer's release; unknown where the site named none"}
  installations: {format: integer}
  share: {format: percent, is: of all the installations}
---*/
WITH installation AS (
  SELECT
    i.installation_uid AS installation_uid,
    coalesce(nullIf(i.release, ''), 'unknown') AS release
  FROM fuel_installation_current AS i
)
SELECT
  release,
  count() AS installations,
  1.0 * count() / sum(count()) OVER () AS share
FROM installation
GROUP BY release
ORDER BY installations DESC, release
