/*---
title: Environments per installation
asks: How many environments does an installation have?
shared: installer
params:
  release:
chart: {type: bar, x: environments, y: installations}
columns:
  environments: {format: integer, is: "as many as the site said that it has; 0 where it said nothing"}
  installations: {format: integer}
---*/
WITH installation AS (
  SELECT coalesce(i.environments, 0) AS environments
  FROM fuel_installation_current AS i
  WHERE {release:String} = '' OR coalesce(nullIf(i.release, ''), 'unknown') = {release:String}
)
SELECT environments, count() AS installations
FROM installation
GROUP BY environments
ORDER BY environments
