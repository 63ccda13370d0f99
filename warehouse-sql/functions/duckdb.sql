-- Functions that reports use and DuckDB lacks, for the offline tests: ClickHouse's own names, and those of functions/clickhouse.sql.

CREATE OR REPLACE MACRO p50(x) AS quantile_cont(x, 0.5);
CREATE OR REPLACE MACRO p90(x) AS quantile_cont(x, 0.9);
CREATE OR REPLACE MACRO p99(x) AS quantile_cont(x, 0.99);

CREATE OR REPLACE MACRO release_xy(version) AS nullif(regexp_extract(version, '^[0-9]+(?:\.[0-9]+)?'), '');
CREATE OR REPLACE MACRO release_xyz(version) AS nullif(regexp_extract(version, '^[0-9]+(?:\.[0-9]+(?:\.[0-9]+)?)?'), '');

CREATE OR REPLACE MACRO version_order(version) AS array_to_string(list_transform(string_split(coalesce(version, ''), '.'), part -> lpad(part, 12, '0')), '.');

CREATE OR REPLACE MACRO uniqExact(x) AS count(DISTINCT x);
CREATE OR REPLACE MACRO uniqExactIf(x, condition) AS count(DISTINCT x) FILTER (WHERE condition);
CREATE OR REPLACE MACRO countIf(condition) AS count(*) FILTER (WHERE condition);
CREATE OR REPLACE MACRO sumIf(x, condition) AS sum(x) FILTER (WHERE condition);
CREATE OR REPLACE MACRO avgIf(x, condition) AS avg(x) FILTER (WHERE condition);
CREATE OR REPLACE MACRO minIf(x, condition) AS min(x) FILTER (WHERE condition);
CREATE OR REPLACE MACRO maxIf(x, condition) AS max(x) FILTER (WHERE condition);

CREATE OR REPLACE MACRO toDate(x) AS CAST(x AS DATE);
CREATE OR REPLACE MACRO toStartOfDay(x) AS date_trunc('day', CAST(x AS TIMESTAMP));
CREATE OR REPLACE MACRO start_of_day(x) AS date_trunc('day', CAST(x AS TIMESTAMP));
CREATE OR REPLACE MACRO start_of_unit(unit, x) AS date_trunc(unit, CAST(x AS TIMESTAMP));
CREATE OR REPLACE MACRO toMonday(x) AS CAST(date_trunc('week', CAST(x AS DATE)) AS DATE);
CREATE OR REPLACE MACRO toStartOfMonth(x) AS CAST(date_trunc('month', CAST(x AS DATE)) AS DATE);
CREATE OR REPLACE MACRO toStartOfYear(x) AS CAST(date_trunc('year', CAST(x AS DATE)) AS DATE);

CREATE OR REPLACE MACRO arrayStringConcat(items, separator) AS array_to_string(items, separator);
CREATE OR REPLACE MACRO has(items, item) AS list_contains(items, item);

CREATE OR REPLACE MACRO seconds_between(began, ended) AS (epoch_us(ended) - epoch_us(began)) / 1e6;
CREATE OR REPLACE MACRO seconds_within(began, ended, since, until) AS
  CASE
    WHEN began IS NULL OR ended IS NULL THEN NULL
    ELSE CAST(greatest(0, date_diff('second', CAST(greatest(began, since) AS TIMESTAMP), CAST(least(ended, until) AS TIMESTAMP))) AS HUGEINT)
  END;

CREATE OR REPLACE MACRO utc_now() AS CAST(now() AT TIME ZONE 'UTC' AS TIMESTAMP);
CREATE OR REPLACE MACRO addMonths(x, n) AS CAST(CAST(x AS DATE) + to_months(CAST(n AS INTEGER)) AS DATE);
CREATE OR REPLACE MACRO splitByChar(separator, text) AS string_split(text, separator);
-- In a select list only, as ClickHouse's: a row for each item, none for an empty list.
CREATE OR REPLACE MACRO arrayJoin(items) AS unnest(items);
CREATE OR REPLACE MACRO char_length_or_size(x) AS length(x);

CREATE OR REPLACE MACRO packed(x) AS
  coalesce(replace(replace(replace(CAST(x AS VARCHAR), '%', '%25'), ' ', '%20'), '|', '%7C'), '%00');
CREATE OR REPLACE MACRO unpacked(x) AS
  CASE WHEN x = '%00' THEN NULL ELSE replace(replace(replace(x, '%20', ' '), '%7C', '|'), '%25', '%') END;
CREATE OR REPLACE MACRO packed_list(item, number) AS string_agg(item, '|' ORDER BY number);

CREATE OR REPLACE MACRO in_order(instant, number) AS CAST(epoch_us(instant) AS HUGEINT) * 4294967296 + number;
CREATE OR REPLACE MACRO count_before(place, counted, ends) AS
  CASE
    WHEN min(place) FILTER (WHERE ends) IS NOT NULL
    THEN list_position(list_sort(list(place) FILTER (WHERE counted OR ends)), min(place) FILTER (WHERE ends)) - 1
  END;
