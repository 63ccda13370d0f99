/*---
about: Projects of the cloud's services, each of which belongs to a project of the tree
grain: one row per project of a service
key: [project_id]
partition: tuple()
columns:
  project_id: {is: the project's number}
  moc_project_id: {is: the project of the tree that it belongs to}
  service_id: {is: the service in which it is}
  project_uuid: {is: the service's own name for it}
---*/
SELECT
  project_id,
  moc_project_id,
  service_id,
  project_uuid
FROM {landing}
