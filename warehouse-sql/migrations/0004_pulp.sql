CREATE TABLE IF NOT EXISTS pulp_system
(
  day Date,
  system LowCardinality(String),
  created_at DateTime64(6, 'UTC'),
  first_seen_at DateTime64(6, 'UTC'),
  age_days Int32,
  postgresql_version LowCardinality(String),
  users Nullable(Int32),
  groups Nullable(Int32),
  domains Nullable(Int32),
  custom_access_policies Nullable(Int32),
  custom_roles Nullable(Int32),
  content_app_processes Nullable(Int32),
  content_app_hosts Nullable(Int32),
  worker_processes Nullable(Int32),
  worker_hosts Nullable(Int32),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY toYYYYMM(day)
ORDER BY (day, system);

CREATE TABLE IF NOT EXISTS pulp_component
(
  day Date,
  system LowCardinality(String),
  component LowCardinality(String),
  version LowCardinality(String),
  age_days Int32,
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY toYYYYMM(day)
ORDER BY (day, system, component);
