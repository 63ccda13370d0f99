/*---
about: Institutions that share the cloud
grain: one row per institution
key: [institution_id]
partition: tuple()
columns:
  institution_id: {is: the institution's number}
  institution_name: {is: its name}
---*/
SELECT
  institution_id,
  institution_name
FROM {landing}
