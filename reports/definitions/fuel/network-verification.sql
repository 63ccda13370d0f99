/*---
title: Verification of networks
asks: Do sites verify their networks, and do the networks pass?
shared: installer
params:
  from: {type: Date, default: '2010-01-01', is: the first day on which operations started}
  to: {type: Date, default: today, is: the day before which they started}
  release:
chart: {type: bar, x: release, y: [passed, failed]}
columns:
  release: {is: "the installation's present release; unknown where it never named one"}
  installations: {format: integer, is: installations that began any operation in the period}
  used_by: {title: Used by, format: integer, is: installations among them that verified networks}
  used_share: {title: Used, format: percent, is: of the installations}
  verifications: {format: integer}
  passed: {format: integer}
  failed: {format: integer}
  pass_rate: {title: Passed, format: percent(1), is: of those that passed or failed}
---*/
WITH operation AS (
  SELECT
    coalesce(nullIf(i.release, ''), 'unknown') AS release,
    a.installation_uid AS installation_uid,
    coalesce(a.action_name = 'verify_networks' AND a.action_type = 'nailgun_task', false) AS is_verification,
    a.status AS status
  FROM fuel_action_counted AS a
  LEFT JOIN fuel_installation_current AS i ON i.installation_uid = a.installation_uid
  WHERE a.started_at >= {from:DateTime('UTC')}
    AND a.started_at < {to:DateTime('UTC')}
    AND ({release:String} = '' OR coalesce(nullIf(i.release, ''), 'unknown') = {release:String})
)
SELECT
  release,
  uniqExact(installation_uid) AS installations,
  uniqExactIf(installation_uid, is_verification) AS used_by,
  1.0 * uniqExactIf(installation_uid, is_verification) / uniqExact(installation_uid) AS used_share,
  countIf(is_verification) AS verifications,
  countIf(is_verification AND status = 'ready') AS passed,
  countIf(is_verification AND status = 'error') AS failed,
  1.0 * countIf(is_verification AND status = 'ready') / nullIf(countIf(is_verification AND status IN ('ready', 'error')), 0) AS pass_rate
FROM operation
GROUP BY release
ORDER BY version_order(release), release
