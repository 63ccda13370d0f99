-- Popularity contest of a provisioning tool.
CREATE SCHEMA IF NOT EXISTS foreman;

-- One row per site, overwritten by its next upload together with its children.
CREATE TABLE IF NOT EXISTS foreman.uploads (
  id serial PRIMARY KEY,
  uuid text UNIQUE,
  core_version text,
  created_at timestamptz,
  updated_at timestamptz
);
CREATE INDEX IF NOT EXISTS uploads_updated_at_idx
  ON foreman.uploads (updated_at);

CREATE TABLE IF NOT EXISTS foreman.proxies (
  id serial PRIMARY KEY,
  upload_id int REFERENCES foreman.uploads (id) ON DELETE CASCADE,
  version text,
  features text[]
);
CREATE INDEX IF NOT EXISTS proxies_upload_id_idx
  ON foreman.proxies (upload_id);

CREATE TABLE IF NOT EXISTS foreman.plugins (
  id serial PRIMARY KEY,
  upload_id int REFERENCES foreman.uploads (id) ON DELETE CASCADE,
  name text,
  version text
);
CREATE INDEX IF NOT EXISTS plugins_upload_id_idx
  ON foreman.plugins (upload_id);

-- Not unique: two libvirt resources are two rows.
CREATE TABLE IF NOT EXISTS foreman.compute_resources (
  id serial PRIMARY KEY,
  upload_id int REFERENCES foreman.uploads (id) ON DELETE CASCADE,
  type text
);
CREATE INDEX IF NOT EXISTS compute_resources_upload_id_idx
  ON foreman.compute_resources (upload_id);
