-- The sizes of the tables.

-- The number of rows of a table, by the density that vacuum and analyze saw last, as the planner
-- estimates it; 0 if neither they nor the statistics of the server know the table.
CREATE OR REPLACE FUNCTION estimated_rows(relation regclass) RETURNS float8
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT CASE WHEN c.reltuples > 0 AND c.relpages > 0
    THEN round(c.reltuples * (pg_relation_size(c.oid) / current_setting('block_size')::float8 / c.relpages))
    ELSE pg_stat_get_live_tuples(c.oid) END
  FROM pg_class AS c WHERE c.oid = relation
$$;

-- Each table as TableSize (src/storage/table_sizes.ts), with the lowest id of its tasks. The rows
-- of a table of more than a megabyte are estimated.
CREATE OR REPLACE FUNCTION table_sizes() RETURNS json
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
AS $$
DECLARE
  each   record;
  number float8;
  oldest uuid;
  sizes  json[] := '{}';
BEGIN
  FOR each IN
    SELECT n.name, n.relation, n.task, c.oid,
      pg_relation_size(c.oid) AS own_bytes, pg_total_relation_size(c.oid) AS bytes
    FROM (VALUES
      (1, 'QueuedTasks', 'queued_tasks', 'id'), (2, 'TaskTags', 'task_tags', NULL), (3, 'StatusAudit', 'status_audit', 'queued_task_id'),
      (4, 'RunsAudit', 'runs_audit', 'queued_task_id'), (5, 'TaskExecutionLog', 'task_execution_log', 'queued_task_id'),
      (6, 'OperatorActions', 'operator_actions', NULL), (7, 'Activity', 'activity', NULL), (8, 'FailureGroups', 'failure_groups', NULL),
      (9, 'FailureCounts', 'failure_counts', NULL), (10, 'RateLimits', 'rate_limits', NULL),
      (11, 'ReturnedRateSlots', 'returned_rate_slots', NULL), (12, 'Workers', 'workers', NULL), (13, 'PausedQueues', 'queues', NULL),
      (14, 'EventWatchers', 'event_watchers', NULL), (15, 'RelayedEvents', 'relayed_events', NULL)
    ) AS n (place, name, relation, task) JOIN pg_class AS c ON c.oid = n.relation::regclass
    ORDER BY n.place
  LOOP
    oldest := NULL;
    IF each.own_bytes <= 1048576 THEN
      EXECUTE format('SELECT count(*) FROM %I', each.relation) INTO number;
    ELSE
      number := estimated_rows(each.oid);
    END IF;
    IF each.task IS NOT NULL THEN
      EXECUTE format('SELECT %1$I FROM %2$I ORDER BY %1$I LIMIT 1', each.task, each.relation) INTO oldest;
    END IF;
    sizes := sizes || json_build_object('table', each.name, 'rows', number, 'isEstimate', each.own_bytes > 1048576,
      'bytes', each.bytes, 'oldestTaskId', oldest);
  END LOOP;
  RETURN to_json(sizes);
END $$;
