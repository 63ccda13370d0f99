/*---
about: Installations that the collector has set aside, by their latest state; their rows count nowhere
kept: true
---*/
SELECT installation_uid
FROM fuel_installation
WHERE is_filtered
  AND (installation_uid, reported_at) IN (
    SELECT installation_uid, max(reported_at) AS latest_at
    FROM fuel_installation
    GROUP BY installation_uid)
