-- Usage accounting of a shared cloud. Each table is read whole by each load, so that it is what the source has now.
CREATE TABLE IF NOT EXISTS openstack_institution
(
  institution_id Int64,
  institution_name Nullable(String),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY tuple()
ORDER BY institution_id;

CREATE TABLE IF NOT EXISTS openstack_moc_project
(
  moc_project_id Int64,
  project_name Nullable(String),
  parent_moc_project_id Nullable(Int64),
  path String,
  ancestors Array(Int64),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY tuple()
ORDER BY moc_project_id;

CREATE TABLE IF NOT EXISTS openstack_institution2moc_project
(
  moc_project_id Int64,
  institution_id Int64,
  percent_owned Nullable(Int32),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY tuple()
ORDER BY (moc_project_id, institution_id);

CREATE TABLE IF NOT EXISTS openstack_project
(
  project_id Int64,
  moc_project_id Nullable(Int64),
  service_id Nullable(Int64),
  project_uuid Nullable(String),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY tuple()
ORDER BY project_id;

CREATE TABLE IF NOT EXISTS openstack_poc
(
  poc_id Int64,
  username LowCardinality(Nullable(String)),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY tuple()
ORDER BY poc_id;

CREATE TABLE IF NOT EXISTS openstack_poc2project
(
  project_id Int64,
  poc_id Int64,
  role_id Int64,
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY tuple()
ORDER BY (project_id, poc_id, role_id);

CREATE TABLE IF NOT EXISTS openstack_poc2institution
(
  poc_id Int64,
  institution_id Int64,
  role_id Int64,
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY tuple()
ORDER BY (poc_id, institution_id, role_id);

CREATE TABLE IF NOT EXISTS openstack_item_type
(
  item_type_id Int64,
  item_definition LowCardinality(Nullable(String)),
  item_desc Nullable(String),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY tuple()
ORDER BY item_type_id;

CREATE TABLE IF NOT EXISTS openstack_catalog_item
(
  catalog_item_id Int64,
  item_type_id Nullable(Int64),
  created_at Nullable(DateTime64(6, 'UTC')),
  price Nullable(Int32),
  vcpus Nullable(Int32),
  ram_mb Nullable(Int32),
  disk_gb Nullable(Int32),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY tuple()
ORDER BY catalog_item_id;

CREATE TABLE IF NOT EXISTS openstack_item
(
  item_id Int64,
  project_id Nullable(Int64),
  poc_id Nullable(Int64),
  item_uid Nullable(String),
  item_type_id Nullable(Int64),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY tuple()
ORDER BY item_id;

CREATE TABLE IF NOT EXISTS openstack_item2item
(
  primary_item Int64,
  secondary_item Int64,
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY tuple()
ORDER BY (primary_item, secondary_item);

CREATE TABLE IF NOT EXISTS openstack_raw_item_ts
(
  item_id Int64,
  started_at DateTime64(6, 'UTC'),
  ended_at Nullable(DateTime64(6, 'UTC')),
  state LowCardinality(Nullable(String)),
  catalog_item_id Nullable(Int64),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY toYYYYMM(started_at)
ORDER BY (item_id, started_at);
