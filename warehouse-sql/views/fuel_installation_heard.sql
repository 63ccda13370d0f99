/*---
about: When each installation was first heard of, by the collector's clock and never by the site's
kept: true
---*/
SELECT
  installation_uid,
  -- Where the collector noted no time, its first report that is here.
  min(CASE WHEN created_at >= toDate('1971-01-01') THEN created_at ELSE reported_at END) AS heard_at
FROM fuel_installation
GROUP BY installation_uid
