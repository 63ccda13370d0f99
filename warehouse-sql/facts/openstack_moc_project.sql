/*---
about: Projects as a tree, in which those of services hang
grain: one row per project of the tree
key: [moc_project_id]
partition: tuple()
columns:
  moc_project_id: {is: the project's number}
  project_name: {is: its name}
  parent_moc_project_id: {is: the project that it is a part of; NULL for the root}
  path: {is: "its name after those of all projects above it: root / parent / name"}
  ancestors: {is: "the projects from the root down to itself; where projects are parts of each other in a circle, as far as it goes without coming to one twice"}
---*/
SELECT
  moc_project_id,
  project_name,
  parent_moc_project_id,
  ifNull(landed.path, '') AS path,
  CAST(landed.ancestors AS Array(Int64)) AS ancestors
FROM {landing} AS landed
