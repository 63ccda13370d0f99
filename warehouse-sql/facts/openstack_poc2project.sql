/*---
about: Which user has which role in which project
grain: one row per project, user and role
key: [project_id, poc_id, role_id]
partition: tuple()
columns:
  project_id: {is: "the project of a service; 0 where the source names none"}
  poc_id: {is: "the user; 0 where the source names none", identifies: person}
  role_id: {is: "the role; 0 where the source names none"}
---*/
SELECT
  ifNull(landed.project_id, 0) AS project_id,
  ifNull(landed.poc_id, 0) AS poc_id,
  ifNull(landed.role_id, 0) AS role_id
FROM {landing} AS landed
