/*---
about: What sites reported last, each with its proxies, plugins and compute resources; the source overwrites it with the site's next upload
source: Foreman
mode: snapshot
# A row without uuid is told apart by its id.
key: [uuid, id]
cursor: updated_at
event_time: uploaded_at AT TIME ZONE 'UTC'
shard_by: uuid
schedule: 0 32 * * * ?
parse:
  core_release: coalesce(release_xy(trim(core_version)), nullIf(trim(core_version), ''), 'unknown')
  sent_proxies: JSONExtract(ifNull(proxies_json, '[]'), 'Array(Tuple(version Nullable(String), features Array(Nullable(String))))')
  sent_plugins: JSONExtract(ifNull(plugins_json, '[]'), 'Array(Tuple(name Nullable(String), version Nullable(String)))')
  sent_resources: JSONExtract(ifNull(resources_json, '[]'), 'Array(Tuple(type Nullable(String)))')
unreadable: >-
  if(ifNull(uuid, '') = '', 'no uuid: the site is unknown', '')
facts: [foreman_site, foreman_proxy, foreman_proxy_feature, foreman_plugin, foreman_compute_resource]
---*/
SELECT
  id,
  uuid,
  core_version,
  created_at,
  updated_at,
  -- An odd row has no updated_at: it is read by every load.
  coalesce(updated_at, created_at, 'epoch') AS uploaded_at,
  -- Children have no time of their own; a site's next upload replaces them and raises updated_at.
  (SELECT coalesce(json_agg(json_build_object('version', version, 'features', coalesce(features, '{}')) ORDER BY id), '[]')
    FROM proxies WHERE upload_id = uploads.id) AS proxies_json,
  (SELECT coalesce(json_agg(json_build_object('name', name, 'version', version) ORDER BY id), '[]')
    FROM plugins WHERE upload_id = uploads.id) AS plugins_json,
  (SELECT coalesce(json_agg(json_build_object('type', type) ORDER BY id), '[]')
    FROM compute_resources WHERE upload_id = uploads.id) AS resources_json
FROM uploads
