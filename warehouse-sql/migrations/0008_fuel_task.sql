CREATE TABLE IF NOT EXISTS fuel_task
(
  installation_uid LowCardinality(String),
  run_id Int32,
  task_id Int32,
  environment_id Int32,
  task LowCardinality(String),
  node_id LowCardinality(String),
  status LowCardinality(String),
  started_at Nullable(DateTime64(6, 'UTC')),
  ended_at Nullable(DateTime64(6, 'UTC')),
  duration_s Nullable(Float64),
  puppet_s Nullable(Float64),
  config_retrieval_s Nullable(Float64),
  resources Nullable(Int32),
  resources_changed Nullable(Int32),
  resources_failed Nullable(Int32),
  resources_out_of_sync Nullable(Int32),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY ifNull(toYYYYMM(started_at), 0)
ORDER BY (installation_uid, run_id, task_id);
