-- The sizes of the tables.

-- Each table as TableSize (src/storage/table_sizes.ts), with the lowest id of its tasks. The rows
-- of a table of more than a megabyte are estimated, by the density that vacuum and analyze saw
-- last, as the planner does.
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
    SELECT n.name, n.relation, n.task, c.reltuples, c.relpages, pg_stat_get_live_tuples(c.oid) AS live,
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
    ELSIF each.reltuples > 0 AND each.relpages > 0 THEN
      number := round(each.reltuples * (each.own_bytes / current_setting('block_size')::float8 / each.relpages));
    ELSE
      number := each.live;
    END IF;
    IF each.task IS NOT NULL THEN
      EXECUTE format('SELECT %1$I FROM %2$I ORDER BY %1$I LIMIT 1', each.task, each.relation) INTO oldest;
    END IF;
    sizes := sizes || json_build_object('table', each.name, 'rows', number, 'isEstimate', each.own_bytes > 1048576,
      'bytes', each.bytes, 'oldestTaskId', oldest);
  END LOOP;
  RETURN to_json(sizes);
END $$;
