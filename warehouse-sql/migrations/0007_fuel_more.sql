-- More of what environments, nodes and operations say. Rows that were loaded before have nothing in these columns until their time is
-- loaded anew: `make backfill` for fuel/action_logs and fuel/installation_structures.
ALTER TABLE fuel_action ADD COLUMN IF NOT EXISTS settings Array(LowCardinality(String)) AFTER status;
ALTER TABLE fuel_environment ADD COLUMN IF NOT EXISTS net_l23_provider LowCardinality(Nullable(String)) AFTER nodes_sent;
ALTER TABLE fuel_environment ADD COLUMN IF NOT EXISTS net_manager LowCardinality(Nullable(String)) AFTER net_l23_provider;
ALTER TABLE fuel_environment ADD COLUMN IF NOT EXISTS storage Array(LowCardinality(String)) AFTER net_manager;
ALTER TABLE fuel_environment ADD COLUMN IF NOT EXISTS projects Array(LowCardinality(String)) AFTER storage;
ALTER TABLE fuel_environment ADD COLUMN IF NOT EXISTS kernel_parameters Array(LowCardinality(String)) AFTER projects;
ALTER TABLE fuel_node ADD COLUMN IF NOT EXISTS cpu_sockets Nullable(Int32) AFTER interfaces;

-- What runs inside environments. A row of a resource counts where its state is that of the day's report in fuel_workload: a resource that
-- is gone later on the day keeps the row of an earlier state.
CREATE TABLE IF NOT EXISTS fuel_workload
(
  installation_uid LowCardinality(String),
  environment_id Int32,
  reported_on Date32,
  resource_type LowCardinality(String),
  state UInt64,
  updated_at DateTime64(6, 'UTC'),
  fuel_version LowCardinality(Nullable(String)),
  openstack_version LowCardinality(Nullable(String)),
  os LowCardinality(Nullable(String)),
  resources UInt32,
  added UInt32,
  removed UInt32,
  modified UInt32,
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY toYYYYMM(reported_on)
ORDER BY (installation_uid, environment_id, reported_on, resource_type);

CREATE TABLE IF NOT EXISTS fuel_vm
(
  installation_uid LowCardinality(String),
  environment_id Int32,
  reported_on Date32,
  vm_id String,
  state UInt64,
  status LowCardinality(Nullable(String)),
  power_state Nullable(Int32),
  tenant_id Nullable(String),
  flavor_id Nullable(String),
  image_id Nullable(String),
  created_at Nullable(DateTime64(6, 'UTC')),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY toYYYYMM(reported_on)
ORDER BY (installation_uid, environment_id, reported_on, vm_id);

CREATE TABLE IF NOT EXISTS fuel_flavor
(
  installation_uid LowCardinality(String),
  environment_id Int32,
  reported_on Date32,
  flavor_id String,
  state UInt64,
  memory_mb Nullable(Int64),
  vcpus Nullable(Int32),
  disk_gb Nullable(Int64),
  ephemeral_gb Nullable(Int64),
  swap_mb Nullable(Int64),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY toYYYYMM(reported_on)
ORDER BY (installation_uid, environment_id, reported_on, flavor_id);

CREATE TABLE IF NOT EXISTS fuel_volume
(
  installation_uid LowCardinality(String),
  environment_id Int32,
  reported_on Date32,
  volume_id String,
  state UInt64,
  size_gb Nullable(Int64),
  status LowCardinality(Nullable(String)),
  volume_type LowCardinality(Nullable(String)),
  is_bootable Nullable(Bool),
  is_encrypted Nullable(Bool),
  attachments UInt32,
  tenant_id Nullable(String),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY toYYYYMM(reported_on)
ORDER BY (installation_uid, environment_id, reported_on, volume_id);

CREATE TABLE IF NOT EXISTS fuel_image
(
  installation_uid LowCardinality(String),
  environment_id Int32,
  reported_on Date32,
  image_id String,
  state UInt64,
  size_bytes Nullable(Int64),
  min_disk_gb Nullable(Int64),
  min_memory_mb Nullable(Int64),
  created_at Nullable(DateTime64(6, 'UTC')),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY toYYYYMM(reported_on)
ORDER BY (installation_uid, environment_id, reported_on, image_id);

CREATE TABLE IF NOT EXISTS fuel_tenant
(
  installation_uid LowCardinality(String),
  environment_id Int32,
  reported_on Date32,
  tenant_id String,
  state UInt64,
  is_enabled Nullable(Bool),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY toYYYYMM(reported_on)
ORDER BY (installation_uid, environment_id, reported_on, tenant_id);
