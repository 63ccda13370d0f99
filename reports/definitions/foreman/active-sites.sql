/*---
title: Active sites
asks: How many sites upload in each month, and how does their number grow?
params:
  from: {type: Date, default: '2010-01-01', is: a day of the first month (UTC)}
  to: {type: Date, default: today+1, is: "the day (UTC) before which the months begin"}
chart: {type: line, x: month, y: [sites, new_sites]}
columns:
  month: {is: "its first day; the month is in UTC"}
  sites: {format: integer, is: "sites that uploaded in the month, of all uploads that the warehouse has seen"}
  new_sites: {format: integer, is: sites among them that no earlier month has}
  growth: {format: percent(1), is: "of the sites, to the month before; empty where that had none"}
---*/
WITH active AS (
  SELECT DISTINCT site, toStartOfMonth(uploaded_at) AS month
  FROM foreman_site
  -- An upload without a time stands in 1970, where nobody uploaded anything.
  WHERE uploaded_at >= toDate('1971-01-01')
),
first_month AS (
  SELECT site, min(month) AS month
  FROM active
  GROUP BY site
),
counted AS (
  SELECT a.month AS month, count() AS sites, countIf(a.month = f.month) AS new_sites
  FROM active AS a
  JOIN first_month AS f ON f.site = a.site
  GROUP BY a.month
)
SELECT
  c.month AS month,
  c.sites AS sites,
  c.new_sites AS new_sites,
  1.0 * c.sites / before.sites - 1 AS growth
FROM counted AS c
LEFT JOIN counted AS before ON before.month = toDate(c.month - INTERVAL 1 MONTH)
WHERE c.month >= toStartOfMonth({from:Date}) AND c.month < {to:Date}
ORDER BY month
