-- Anonymous usage of an OpenStack installer: one installation = one master node.
CREATE SCHEMA IF NOT EXISTS fuel;

-- Append only; one row per operation that a site ran.
CREATE TABLE IF NOT EXISTS fuel.action_logs (
  id serial PRIMARY KEY,
  master_node_uid varchar NOT NULL,
  external_id int NOT NULL,
  body text NOT NULL,
  action_type text,
  action_name text,
  UNIQUE (master_node_uid, external_id)
);

-- One row per installation, overwritten in place.
CREATE TABLE IF NOT EXISTS fuel.installation_structures (
  id serial PRIMARY KEY,
  master_node_uid varchar NOT NULL UNIQUE,
  structure json NOT NULL,
  creation_date timestamp,
  modification_date timestamp,
  is_filtered boolean DEFAULT false,
  release text
);
-- A row that was never overwritten has no modification_date, so what a reader follows is the later of the two.
CREATE INDEX IF NOT EXISTS installation_structures_changed_idx
  ON fuel.installation_structures ((COALESCE(modification_date, creation_date)));
CREATE INDEX IF NOT EXISTS installation_structures_creation_date_idx
  ON fuel.installation_structures (creation_date);
CREATE INDEX IF NOT EXISTS installation_structures_modification_date_idx
  ON fuel.installation_structures (modification_date);

-- What runs inside an environment: one row per day, environment and kind of resource, updated during its day.
CREATE TABLE IF NOT EXISTS fuel.oswl_stats (
  id serial PRIMARY KEY,
  master_node_uid text NOT NULL,
  external_id int NOT NULL,
  cluster_id int NOT NULL,
  created_date date NOT NULL,
  updated_time time NOT NULL,
  resource_type text NOT NULL,
  resource_data json,
  resource_checksum text NOT NULL,
  version_info json,
  UNIQUE (master_node_uid, external_id, resource_type)
);
CREATE INDEX IF NOT EXISTS oswl_stats_updated_idx
  ON fuel.oswl_stats ((created_date + updated_time));
CREATE INDEX IF NOT EXISTS oswl_stats_created_date_idx
  ON fuel.oswl_stats (created_date);

-- Every deployment task that ever ran on a node; status and end are updated while it runs.
CREATE TABLE IF NOT EXISTS fuel.tasks_history (
  id serial PRIMARY KEY,
  master_node_uid varchar NOT NULL,
  deployment_task_id int NOT NULL,
  cluster_id int NOT NULL,
  task_name text NOT NULL,
  node_id text NOT NULL,
  time_start timestamp,
  time_end timestamp,
  status text NOT NULL,
  summary json
);
CREATE INDEX IF NOT EXISTS tasks_history_changed_idx
  ON fuel.tasks_history ((COALESCE(time_end, time_start)));
CREATE INDEX IF NOT EXISTS tasks_history_run_idx
  ON fuel.tasks_history (master_node_uid, deployment_task_id);
-- What may still change is few rows of many: a reader comes back for them.
CREATE INDEX IF NOT EXISTS tasks_history_unfinished_idx
  ON fuel.tasks_history (id)
  WHERE status IN ('pending', 'running');
