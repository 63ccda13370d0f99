-- Functions that reports use and ClickHouse lacks. functions/duckdb.sql holds the same names for the offline tests.
-- ClickHouse keeps functions per server, not per database: databases that share a server share these.

-- Percentiles, exact and interpolated between the two nearest values (as Excel's PERCENTILE.INC and numpy do).
CREATE OR REPLACE FUNCTION p50 AS (x) -> quantileExactInclusive(0.5)(x);
CREATE OR REPLACE FUNCTION p90 AS (x) -> quantileExactInclusive(0.9)(x);
CREATE OR REPLACE FUNCTION p99 AS (x) -> quantileExactInclusive(0.99)(x);

-- The first two numbers of a version: '9.0.1' → '9.0', '9' → '9'; NULL where it doesn't begin with a number.
CREATE OR REPLACE FUNCTION release_xy AS (version) -> nullIf(extract(version, '^[0-9]+(?:\\.[0-9]+)?'), '');

-- The first three numbers of a version: '9.0.1.2' → '9.0.1', '9.0rc1' → '9.0'; NULL where it doesn't begin with a number.
CREATE OR REPLACE FUNCTION release_xyz AS (version) -> nullIf(extract(version, '^[0-9]+(?:\\.[0-9]+(?:\\.[0-9]+)?)?'), '');

-- A text that sorts as versions do: '9.0' before '10.0'; words come after numbers, nothing before all.
CREATE OR REPLACE FUNCTION version_order AS (version) ->
  arrayStringConcat(arrayMap(part -> leftPad(part, 12, '0'), splitByChar('.', ifNull(version, ''))), '.');

-- Seconds from one instant to another, to the microsecond.
CREATE OR REPLACE FUNCTION seconds_between AS (began, ended) -> (toUnixTimestamp64Micro(ended) - toUnixTimestamp64Micro(began)) / 1e6;

-- Whole seconds of what went on from one instant to another that lie within a time, as wide integers whose sums are exact; 0 where none do.
CREATE OR REPLACE FUNCTION seconds_within AS (began, ended, since, until) ->
  if(isNull(began) OR isNull(ended), NULL, toInt128(greatest(0, dateDiff('second', greatest(began, since), least(ended, until)))));

-- The present, in UTC as every instant here, whatever the server's time zone is.
CREATE OR REPLACE FUNCTION utc_now AS () -> now64(6, 'UTC');

-- What length() means in reports and views: the characters of a text, the items of a list. ClickHouse's own counts a text's bytes.
CREATE OR REPLACE FUNCTION char_length_or_size AS (x) ->
  if(match(toTypeName(x), '^(LowCardinality\\(|Nullable\\()*(Fixed)?String'), lengthUTF8(toString(x)), length(x));

-- What toStartOfDay() and date_trunc() mean in reports and views: instants to the microsecond. ClickHouse's own have whole seconds, or are days.
CREATE OR REPLACE FUNCTION start_of_day AS (x) -> toDateTime64(toStartOfDay(x), 6, 'UTC');
CREATE OR REPLACE FUNCTION start_of_unit AS (unit, x) -> toDateTime64(date_trunc(unit, x), 6, 'UTC');

-- A value as a text without ' ' and '|', and back, so that one text can hold fields and lists of them. NULL is %00.
CREATE OR REPLACE FUNCTION packed AS (x) ->
  ifNull(replaceAll(replaceAll(replaceAll(toString(x), '%', '%25'), ' ', '%20'), '|', '%7C'), '%00');
CREATE OR REPLACE FUNCTION unpacked AS (x) ->
  if(x = '%00', NULL, replaceAll(replaceAll(replaceAll(x, '%20', ' '), '%7C', '|'), '%25', '%'));

-- The texts of a group in the order of their numbers, in one text, with '|' between them.
CREATE OR REPLACE FUNCTION packed_list AS (item, number) ->
  toLowCardinality(arrayStringConcat(arrayMap(x -> x.2, arraySort(groupArray((number, item)))), '|'));

-- A number that sorts by an instant, then by a whole number: in_order(started_at, operation_id).
CREATE OR REPLACE FUNCTION in_order AS (instant, number) -> toInt128(toUnixTimestamp64Micro(instant)) * 4294967296 + number;

-- How many rows of a group for which `counted` holds come, in the order of `place`, before the first one for which `ends` holds; NULL where
-- none does. A window function says it too, in three times the time: it sorts all rows.
CREATE OR REPLACE FUNCTION count_before AS (place, counted, ends) ->
  if(countIf(ends) = 0, NULL, toInt64(arrayCount(x -> x < minIf(place, ends), groupArrayIf(place, counted))));
