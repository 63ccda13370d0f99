CREATE TABLE IF NOT EXISTS foreman_site
(
  site LowCardinality(String),
  uploaded_at DateTime64(6, 'UTC'),
  created_at Nullable(DateTime64(6, 'UTC')),
  core_version LowCardinality(Nullable(String)),
  core_release LowCardinality(String),
  proxies UInt32,
  plugins UInt32,
  compute_resources UInt32,
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY toYYYYMM(uploaded_at)
ORDER BY (site, uploaded_at);

CREATE TABLE IF NOT EXISTS foreman_proxy
(
  site LowCardinality(String),
  uploaded_at DateTime64(6, 'UTC'),
  proxy_number UInt32,
  core_release LowCardinality(String),
  version LowCardinality(Nullable(String)),
  features UInt32,
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY toYYYYMM(uploaded_at)
ORDER BY (site, uploaded_at, proxy_number);

CREATE TABLE IF NOT EXISTS foreman_proxy_feature
(
  site LowCardinality(String),
  uploaded_at DateTime64(6, 'UTC'),
  proxy_number UInt32,
  feature LowCardinality(String),
  core_release LowCardinality(String),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY toYYYYMM(uploaded_at)
ORDER BY (site, uploaded_at, proxy_number, feature);

CREATE TABLE IF NOT EXISTS foreman_plugin
(
  site LowCardinality(String),
  uploaded_at DateTime64(6, 'UTC'),
  plugin LowCardinality(String),
  version LowCardinality(String),
  core_release LowCardinality(String),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY toYYYYMM(uploaded_at)
ORDER BY (site, uploaded_at, plugin, version);

CREATE TABLE IF NOT EXISTS foreman_compute_resource
(
  site LowCardinality(String),
  uploaded_at DateTime64(6, 'UTC'),
  resource_number UInt32,
  core_release LowCardinality(String),
  type LowCardinality(String),
  _run UInt64
)
ENGINE = {ReplacingMergeTree}(_run)
PARTITION BY toYYYYMM(uploaded_at)
ORDER BY (site, uploaded_at, resource_number);
