-- Analytics of a content repository manager. Rows older than 14 days are deleted here.
CREATE SCHEMA IF NOT EXISTS pulp;

-- One row per system and day: the first check-in of the day.
CREATE TABLE IF NOT EXISTS pulp.pulpanalytics_system (
  id bigserial PRIMARY KEY,
  system_id uuid NOT NULL,
  created timestamptz NOT NULL,
  first_seen timestamptz NOT NULL,
  postgresql_version int NOT NULL DEFAULT 0,
  users int,
  groups int,
  domains int,
  custom_access_policies int,
  custom_roles int,
  content_app_processes int,
  content_app_hosts int,
  worker_processes int,
  worker_hosts int
);
CREATE INDEX IF NOT EXISTS pulpanalytics_system_created_idx
  ON pulp.pulpanalytics_system (created);

CREATE TABLE IF NOT EXISTS pulp.pulpanalytics_component (
  id bigserial PRIMARY KEY,
  name text NOT NULL,
  version text NOT NULL,
  system_id bigint NOT NULL REFERENCES pulp.pulpanalytics_system (id) ON DELETE CASCADE,
  UNIQUE (system_id, name)
);
