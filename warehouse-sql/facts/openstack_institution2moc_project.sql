/*---
about: Which institution bought how much of which project
grain: one row per project and institution that owns a part of it
key: [moc_project_id, institution_id]
partition: tuple()
columns:
  moc_project_id: {is: the project}
  institution_id: {is: the institution}
  percent_owned: {is: "the institution's part; what is missing to 100 is the root project's", unit: percent}
---*/
SELECT
  moc_project_id,
  institution_id,
  percent_owned
FROM {landing}
