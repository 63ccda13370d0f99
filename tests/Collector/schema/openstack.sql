-- Usage accounting of a cloud that institutions share.
CREATE SCHEMA IF NOT EXISTS openstack;

CREATE TABLE IF NOT EXISTS openstack.institution (
  institution_id bigint PRIMARY KEY,
  institution_name text
);

-- A tree with one root.
CREATE TABLE IF NOT EXISTS openstack.moc_project (
  moc_project_id bigint PRIMARY KEY,
  project_name text,
  parent_moc_project_id bigint REFERENCES openstack.moc_project (moc_project_id)
);

-- Buy-in, in percent; what is missing to 100 is the root's.
CREATE TABLE IF NOT EXISTS openstack.institution2moc_project (
  moc_project_id bigint REFERENCES openstack.moc_project (moc_project_id),
  institution_id bigint REFERENCES openstack.institution (institution_id),
  percent_owned int,
  PRIMARY KEY (moc_project_id, institution_id)
);

CREATE TABLE IF NOT EXISTS openstack.project (
  project_id bigint PRIMARY KEY,
  moc_project_id bigint REFERENCES openstack.moc_project (moc_project_id),
  service_id bigint,
  project_uuid text
);

-- A person. Only username may leave this database.
CREATE TABLE IF NOT EXISTS openstack.poc (
  poc_id bigint PRIMARY KEY,
  username text,
  first_name text,
  last_name text,
  email text,
  phone text
);

CREATE TABLE IF NOT EXISTS openstack.poc2project (
  project_id bigint REFERENCES openstack.project (project_id),
  poc_id bigint REFERENCES openstack.poc (poc_id),
  role_id bigint
);

CREATE TABLE IF NOT EXISTS openstack.poc2institution (
  poc_id bigint REFERENCES openstack.poc (poc_id),
  institution_id bigint REFERENCES openstack.institution (institution_id),
  role_id bigint
);

CREATE TABLE IF NOT EXISTS openstack.item_type (
  item_type_id bigint PRIMARY KEY,
  item_definition text,
  item_desc text
);

-- price is in cents per hour.
CREATE TABLE IF NOT EXISTS openstack.catalog_item (
  catalog_item_id bigint PRIMARY KEY,
  item_type_id bigint REFERENCES openstack.item_type (item_type_id),
  create_ts timestamp,
  price int,
  vcpus int,
  ram_mb int,
  disk_gb int
);

CREATE TABLE IF NOT EXISTS openstack.item (
  item_id bigint PRIMARY KEY,
  project_id bigint REFERENCES openstack.project (project_id),
  poc_id bigint REFERENCES openstack.poc (poc_id),
  item_name text,
  item_uid text,
  item_type_id bigint REFERENCES openstack.item_type (item_type_id)
);

CREATE TABLE IF NOT EXISTS openstack.item2item (
  primary_item bigint REFERENCES openstack.item (item_id),
  secondary_item bigint REFERENCES openstack.item (item_id)
);

-- The item was in that state with that flavour from start to end; an open interval is closed by a later update.
CREATE TABLE IF NOT EXISTS openstack.raw_item_ts (
  item_id bigint REFERENCES openstack.item (item_id),
  catalog_item_id bigint REFERENCES openstack.catalog_item (catalog_item_id),
  state text,
  start_ts timestamp,
  end_ts timestamp,
  PRIMARY KEY (item_id, start_ts)
);
CREATE INDEX IF NOT EXISTS raw_item_ts_changed_idx
  ON openstack.raw_item_ts ((COALESCE(end_ts, start_ts)));
CREATE INDEX IF NOT EXISTS raw_item_ts_start_ts_idx
  ON openstack.raw_item_ts (start_ts);
