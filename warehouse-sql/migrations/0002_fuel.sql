CREATE TABLE IF NOT EXISTS fuel_action
(
  installation_uid LowCardinality(String),
  operation_id Int32,
  action_group LowCardinality(Nullable(String)),
  action_name LowCardinality(Nullable(String)),
  action_type LowCardinality(Nullable(String)),
  environment_id Nullable(Int32),
  started_at Nullable(DateTime64(6, 'UTC')),
  ended_at Nullable(DateTime64(6, 'UTC')),
  duration_s Nullable(Float64),
  status LowCardinality(Nullable(String)),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY ifNull(toYYYYMM(started_at), 0)
ORDER BY (installation_uid, operation_id);

CREATE TABLE IF NOT EXISTS fuel_health_check
(
  installation_uid LowCardinality(String),
  operation_id Int32,
  run_number UInt16,
  test_number UInt16,
  environment_id Nullable(Int32),
  started_at Nullable(DateTime64(6, 'UTC')),
  testset LowCardinality(Nullable(String)),
  test_id LowCardinality(Nullable(String)),
  test LowCardinality(Nullable(String)),
  status LowCardinality(Nullable(String)),
  taken_s Nullable(Float64),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY ifNull(toYYYYMM(started_at), 0)
ORDER BY (installation_uid, operation_id, run_number, test_number);

CREATE TABLE IF NOT EXISTS fuel_installation
(
  installation_uid LowCardinality(String),
  reported_at DateTime64(6, 'UTC'),
  created_at Nullable(DateTime64(6, 'UTC')),
  is_filtered Bool,
  release LowCardinality(Nullable(String)),
  feature_groups Array(LowCardinality(String)),
  environments Nullable(Int32),
  environments_sent UInt32,
  allocated_nodes Nullable(Int32),
  unallocated_nodes Nullable(Int32),
  contact_info_provided Nullable(Bool),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY toYYYYMM(reported_at)
ORDER BY (installation_uid, reported_at);

CREATE TABLE IF NOT EXISTS fuel_environment
(
  installation_uid LowCardinality(String),
  reported_at DateTime64(6, 'UTC'),
  environment_id Int32,
  is_filtered Bool,
  release LowCardinality(Nullable(String)),
  status LowCardinality(Nullable(String)),
  mode LowCardinality(Nullable(String)),
  os LowCardinality(Nullable(String)),
  openstack_version LowCardinality(Nullable(String)),
  hypervisor LowCardinality(Nullable(String)),
  is_customized Nullable(Bool),
  net_provider LowCardinality(Nullable(String)),
  segmentation_type LowCardinality(Nullable(String)),
  nodes Nullable(Int32),
  nodes_sent UInt32,
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY toYYYYMM(reported_at)
ORDER BY (installation_uid, reported_at, environment_id);

CREATE TABLE IF NOT EXISTS fuel_node
(
  installation_uid LowCardinality(String),
  reported_at DateTime64(6, 'UTC'),
  environment_id Int32,
  node_id Int32,
  is_filtered Bool,
  release LowCardinality(Nullable(String)),
  roles LowCardinality(String),
  os LowCardinality(Nullable(String)),
  status LowCardinality(Nullable(String)),
  is_online Nullable(Bool),
  manufacturer LowCardinality(Nullable(String)),
  product LowCardinality(Nullable(String)),
  is_virtual Bool,
  cpus Nullable(Int32),
  memory_bytes Nullable(Int64),
  disks UInt16,
  disk_bytes Nullable(Int64),
  interfaces UInt16,
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY toYYYYMM(reported_at)
ORDER BY (installation_uid, reported_at, environment_id, node_id);

CREATE TABLE IF NOT EXISTS fuel_plugin
(
  installation_uid LowCardinality(String),
  reported_at DateTime64(6, 'UTC'),
  environment_id Int32,
  plugin LowCardinality(String),
  version LowCardinality(String),
  is_filtered Bool,
  release LowCardinality(Nullable(String)),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY toYYYYMM(reported_at)
ORDER BY (installation_uid, reported_at, environment_id, plugin, version);
