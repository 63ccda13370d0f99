/*---
about: Which user has which role in which institution
grain: one row per user, institution and role
key: [poc_id, institution_id, role_id]
partition: tuple()
columns:
  poc_id: {is: "the user; 0 where the source names none", identifies: person}
  institution_id: {is: "the institution; 0 where the source names none"}
  role_id: {is: "the role; 0 where the source names none"}
---*/
SELECT
  ifNull(landed.poc_id, 0) AS poc_id,
  ifNull(landed.institution_id, 0) AS institution_id,
  ifNull(landed.role_id, 0) AS role_id
FROM {landing} AS landed
