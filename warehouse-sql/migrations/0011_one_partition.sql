-- A key lies in one partition of a fact: loads see to that. What earlier ones left where a row lay before its time changed, which nobody
-- saw any more, goes here, and isn't missed.

INSERT INTO etl_partition
SELECT noted.fact, noted.partition, noted.rows - least(noted.rows, gone.rows), 0, noted._run
FROM (SELECT * FROM etl_partition FINAL WHERE fact = 'fuel_action') AS noted
INNER JOIN (
  SELECT p, count() AS rows
  FROM (
    SELECT installation_uid, operation_id, arrayJoin(arraySlice(arrayReverseSort(groupArray((run, p))), 2)).2 AS p
    FROM (
      SELECT installation_uid, operation_id, _partition_id AS p, max(_run) AS run
      FROM fuel_action
      GROUP BY ALL
    )
    GROUP BY installation_uid, operation_id
    HAVING count() > 1
  )
  GROUP BY p
) AS gone ON gone.p = noted.partition;

ALTER TABLE fuel_action
  DELETE WHERE (installation_uid, operation_id, _partition_id) IN (
    SELECT installation_uid, operation_id, arrayJoin(arraySlice(arrayReverseSort(groupArray((run, p))), 2)).2 AS p
    FROM (
      SELECT installation_uid, operation_id, _partition_id AS p, max(_run) AS run
      FROM fuel_action
      GROUP BY ALL
    )
    GROUP BY installation_uid, operation_id
    HAVING count() > 1
  )
  SETTINGS mutations_sync = 2;

INSERT INTO etl_partition
SELECT noted.fact, noted.partition, noted.rows - least(noted.rows, gone.rows), 0, noted._run
FROM (SELECT * FROM etl_partition FINAL WHERE fact = 'fuel_health_check') AS noted
INNER JOIN (
  SELECT p, count() AS rows
  FROM (
    SELECT installation_uid, operation_id, run_number, test_number, arrayJoin(arraySlice(arrayReverseSort(groupArray((run, p))), 2)).2 AS p
    FROM (
      SELECT installation_uid, operation_id, run_number, test_number, _partition_id AS p, max(_run) AS run
      FROM fuel_health_check
      GROUP BY ALL
    )
    GROUP BY installation_uid, operation_id, run_number, test_number
    HAVING count() > 1
  )
  GROUP BY p
) AS gone ON gone.p = noted.partition;

ALTER TABLE fuel_health_check
  DELETE WHERE (installation_uid, operation_id, run_number, test_number, _partition_id) IN (
    SELECT installation_uid, operation_id, run_number, test_number, arrayJoin(arraySlice(arrayReverseSort(groupArray((run, p))), 2)).2 AS p
    FROM (
      SELECT installation_uid, operation_id, run_number, test_number, _partition_id AS p, max(_run) AS run
      FROM fuel_health_check
      GROUP BY ALL
    )
    GROUP BY installation_uid, operation_id, run_number, test_number
    HAVING count() > 1
  )
  SETTINGS mutations_sync = 2;

INSERT INTO etl_partition
SELECT noted.fact, noted.partition, noted.rows - least(noted.rows, gone.rows), 0, noted._run
FROM (SELECT * FROM etl_partition FINAL WHERE fact = 'fuel_task') AS noted
INNER JOIN (
  SELECT p, count() AS rows
  FROM (
    SELECT installation_uid, run_id, task_id, arrayJoin(arraySlice(arrayReverseSort(groupArray((run, p))), 2)).2 AS p
    FROM (
      SELECT installation_uid, run_id, task_id, _partition_id AS p, max(_run) AS run
      FROM fuel_task
      GROUP BY ALL
    )
    GROUP BY installation_uid, run_id, task_id
    HAVING count() > 1
  )
  GROUP BY p
) AS gone ON gone.p = noted.partition;

ALTER TABLE fuel_task
  DELETE WHERE (installation_uid, run_id, task_id, _partition_id) IN (
    SELECT installation_uid, run_id, task_id, arrayJoin(arraySlice(arrayReverseSort(groupArray((run, p))), 2)).2 AS p
    FROM (
      SELECT installation_uid, run_id, task_id, _partition_id AS p, max(_run) AS run
      FROM fuel_task
      GROUP BY ALL
    )
    GROUP BY installation_uid, run_id, task_id
    HAVING count() > 1
  )
  SETTINGS mutations_sync = 2;
