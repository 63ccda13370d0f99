-- The ledger of mails. Rows are only ever added; what became of a mail is told by all rows of its kind, name, occurrence and recipient.
CREATE TABLE IF NOT EXISTS report_delivery
(
  kind LowCardinality(String) COMMENT 'digest | correction | alert | all-clear | watch',
  name LowCardinality(String) COMMENT 'the digest, the report that alerts, or the watch',
  occurrence String COMMENT 'which of them: of a digest, its scheduled time (UTC); of a watch, a checksum of the row''s key',
  recipient String COMMENT 'a mail address; empty: the row tells of the occurrence',
  at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'when the row was written, by this server''s clock',
  attempt String COMMENT 'the attempt at sending that it belongs to',
  state LowCardinality(String) COMMENT 'known | planned | waiting | claimed | sending | unclear | sent | deferred | refused | withdrawn | skipped | again | seen',
  message_id String,
  checksum String COMMENT 'SHA-256 of the figures',
  figures String COMMENT 'what the mail shows, as JSON; corrections compare with it' CODEC(ZSTD(3)),
  detail String COMMENT 'why, in words',
  sender LowCardinality(String) COMMENT 'the machine and process that wrote the row'
)
ENGINE = {MergeTree}
ORDER BY (kind, name, occurrence, recipient, at);
