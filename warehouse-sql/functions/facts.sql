-- Functions that only facts use; they run on ClickHouse alone.

-- An instant that a site wrote as ISO 8601, or NULL. The engine's own parser also takes a year alone, seconds since
-- 1970 and the day 0000-00-00 for instants; these are none.
CREATE OR REPLACE FUNCTION iso_time AS (text) ->
  if(length(text) >= 19 AND text > '1900' AND text < '2300', parseDateTime64BestEffortOrNull(text, 6, 'UTC'), NULL);
