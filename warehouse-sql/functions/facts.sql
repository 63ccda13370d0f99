-- Functions that only facts use; they run on ClickHouse alone.

-- An instant that a site wrote as ISO 8601, or NULL. The engine's own parser also takes a year alone, seconds since
-- 1970 and the day 0000-00-00 for instants; these are none.
CREATE OR REPLACE FUNCTION iso_time AS (text) ->
  if(length(text) >= 19 AND text > '1900' AND text < '2300', parseDateTime64BestEffortOrNull(text, 6, 'UTC'), NULL);

-- A document that ClickHouse's parser takes. It refuses the whole of one for a number that JSON allows and no type of its own holds: an
-- integer of twenty digits and more gets a fraction, so that it is read as Float64, and what is beyond that too becomes null. Texts stay.
CREATE OR REPLACE FUNCTION sound_json AS (text) ->
  if(isValidJSON(text), text, arrayStringConcat(arrayMap(
    part -> if(startsWith(part, '"'), part,
      replaceRegexpAll(
        replaceRegexpAll(part, '-?[0-9]{300,}(\\.[0-9]+)?([eE][+-]?[0-9]+)?|-?[0-9]+(\\.[0-9]+)?[eE]\\+?0*(29[0-9]|[3-9][0-9]{2}|[0-9]{4,})', 'null'),
        '([0-9]{19,})([\\s,\\]}]|$)', '\\1.0\\2')),
    extractAll(text, '"(?:[^"\\\\]|\\\\.)*"|[^"]+|"'))));

-- Whether a number under that key, if there is one, fits into Int32.
CREATE OR REPLACE FUNCTION fits_int32 AS (json, name) -> abs(JSONExtractFloat(sound_json(json), name)) < 2147483648;
