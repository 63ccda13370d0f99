/*---
title: Status of environments
asks: In which status are environments?
shared: installer
params:
  release:
chart: {type: bar, x: status, y: environments}
columns:
  status: {is: "in lower case; unknown where the site named none"}
  environments: {format: integer}
---*/
WITH environment AS (
  SELECT coalesce(nullIf(lower(e.status), ''), 'unknown') AS status
  FROM fuel_environment_current AS e
  WHERE {release:String} = '' OR coalesce(nullIf(e.release, ''), 'unknown') = {release:String}
)
SELECT status, count() AS environments
FROM environment
GROUP BY status
ORDER BY environments DESC, status
