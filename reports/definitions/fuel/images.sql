/*---
title: Images
asks: How many images do environments have, and how large are they?
shared: installer
params:
  from: {type: Date, default: '2010-01-01', is: the first day}
  to: {type: Date, default: today, is: the day after the last one}
  release:
chart: {type: line, x: day, y: images}
columns:
  day: {format: date}
  environments: {format: integer, is: environments that reported on the day}
  images: {format: integer}
  images_per_environment: {title: Per environment, format: decimal(1)}
  size_bytes: {title: Size, format: bytes, is: "all images together, as far as it is known"}
  avg_size_bytes: {title: Size on average, format: bytes, is: of one image whose size is known}
---*/
WITH report AS (
  SELECT
    w.reported_on AS day,
    w.resource_type AS resource_type,
    w.resources AS resources
  FROM fuel_workload_counted AS w
  LEFT JOIN fuel_installation_current AS i ON i.installation_uid = w.installation_uid
  WHERE w.reported_on >= {from:Date}
    AND w.reported_on < {to:Date}
    AND ({release:String} = '' OR coalesce(nullIf(i.release, ''), 'unknown') = {release:String})
),
image AS (
  SELECT
    r.reported_on AS day,
    r.size_bytes AS size_bytes
  FROM fuel_image_counted AS r
  LEFT JOIN fuel_installation_current AS i ON i.installation_uid = r.installation_uid
  WHERE r.reported_on >= {from:Date}
    AND r.reported_on < {to:Date}
    AND ({release:String} = '' OR coalesce(nullIf(i.release, ''), 'unknown') = {release:String})
),
day_report AS (
  SELECT day, countIf(resource_type = 'image') AS environments
  FROM report
  GROUP BY day
),
day_image AS (
  SELECT
    day,
    count() AS images,
    sum(image.size_bytes) AS size_bytes,
    avg(image.size_bytes) AS avg_size_bytes
  FROM image
  GROUP BY day
)
SELECT
  r.day AS day,
  r.environments AS environments,
  coalesce(t.images, 0) AS images,
  1.0 * coalesce(t.images, 0) / r.environments AS images_per_environment,
  coalesce(t.size_bytes, 0) AS size_bytes,
  t.avg_size_bytes AS avg_size_bytes
FROM day_report AS r
LEFT JOIN day_image AS t ON t.day = r.day
WHERE r.environments > 0
ORDER BY day
