// The PostgreSQL driver: the functions of sql/postgres/functions/ that store, claim and end tasks.

import { type Mutant, mutantsOf } from "../mutant.ts";

const conformance = ["tests/drivers/postgres/conformance_test.ts"];
const changes =
  "/postgres: (status changes|changes by hand|audit matrix|leases and fences|cancel|recurring runs|queues)/";
const dispatch = "/postgres: (persist|task keys|(lost )?workers)/";
const workers =
  "/postgres: ((lost )?workers|cancel|audit matrix|release and make due|persist|queues)/";

export const postgres: readonly Mutant[] = [
  ...mutantsOf({
    file: "sql/postgres/functions/status.sql",
    tests: conformance,
    filter: changes,
  }, [
    [
      "(t.worker_id = c.worker_id AND t.lease_token = c.lease_token\n",
      "(t.worker_id = c.worker_id\n",
    ],
    ["c.status = 'InProgress' AND t.status = 'InProgress')", "false)"],
    ["IF coalesce(cardinality(taken), 0) < given THEN", "IF false THEN"],
    ["WHEN t.cancel_requested THEN clock\n        WHEN c.stands", "WHEN c.stands"],
    [
      "THEN greatest(clock, CASE WHEN t.is_recurring",
      "THEN coalesce(clock, CASE WHEN t.is_recurring",
    ],
    [
      "(c.keeps_lease OR c.stands_in_line OR c.due_in_ms IS NOT NULL)",
      "(c.keeps_lease OR c.stands_in_line)",
    ],
    [
      "THEN greatest(0, t.attempt - 1) ELSE t.attempt END,\n      rate",
      "THEN t.attempt - 1 ELSE t.attempt END,\n      rate",
    ],
    [
      "rate_slot_utc = from_epoch_ms(c.rate_slot_at_ms),",
      "rate_slot_utc = coalesce(from_epoch_ms(c.rate_slot_at_ms), t.rate_slot_utc),",
    ],
    [
      "UNION ALL\n      SELECT a.status, a.exception, a.happened_at\n",
      "UNION\n      SELECT a.status, a.exception, a.happened_at\n",
    ],
    [
      "WHERE keeps_history(a.audit_level) AND writes_status_audit(a.audit_level, step.status, step.",
      "WHERE writes_status_audit(a.audit_level, step.status, step.",
      "It only saves calls of a function that would return false.",
    ],
    [
      "c.due_in_ms IS NULL AND c.worker_id IS NULL AND c.status IN",
      "c.due_in_ms IS NULL AND c.status IN",
    ],
    ["IF message IS NOT NULL THEN PERFORM notify_processes(message); END IF;", ""],
    [
      "RETURN CASE WHEN coalesce(cardinality(taken), 0) < given",
      "RETURN CASE WHEN cardinality(taken) < given",
    ],
  ]),
  ...mutantsOf({
    file: "sql/postgres/functions/claim.sql",
    tests: [
      ...conformance,
      "tests/drivers/postgres/functions_test.ts",
      "tests/drivers/postgres/notifications_test.ts",
    ],
    filter: "/postgres: (claim|(lost )?workers|damaged)|dispatch/",
  }, [
    ["w.id = claim_tasks.worker_id AND w.is_registered FOR", "w.id = claim_tasks.worker_id FOR"],
    ["level := rank - (rank & 1);", "level := rank;"],
    [
      "t.due_at_utc <= coalesce(dues[room], clock)",
      "t.due_at_utc <= clock",
      "It only avoids reading tasks that the second LIMIT drops.",
    ],
    ["room := room - coalesce(cardinality(places), 0);", "room := room - cardinality(places);"],
    ["least(t.lease_token, 2147483646) + 1", "t.lease_token + 1"],
    [
      "t.is_recurring OR t.cancel_requested OR t.lost_count > 0",
      "t.is_recurring OR t.cancel_requested",
    ],
    [
      "FROM (SELECT * FROM taken ORDER BY position) AS c",
      "FROM (SELECT * FROM taken ORDER BY id) AS c",
    ],
  ]),
  ...mutantsOf({
    file: "sql/postgres/functions/claim.sql",
    tests: ["tests/drivers/postgres/claim_locks_test.ts"],
  }, [
    [
      "OR age(t.xmax) > latest AND age(t.xmax) <> ALL (under_way))\n        ORDER",
      ")\n        ORDER",
    ],
    ["FOR NO KEY UPDATE SKIP LOCKED\n      ) AS c;", "FOR NO KEY UPDATE\n      ) AS c;"],
  ]),
  ...mutantsOf({
    file: "sql/postgres/functions/dispatch.sql",
    tests: [
      ...conformance,
      "tests/drivers/postgres/functions_test.ts",
      "tests/drivers/postgres/notifications_test.ts",
    ],
    filter: "/postgres: (claim|(lost )?workers|damaged)|dispatch/",
  }, [
    ["later  boolean := due_at > clock;", "later  boolean := due_at >= clock - interval '1 day';"],
    ["CASE WHEN later THEN 'WaitingQueue' ELSE 'Queued' END", "'Queued'"],
    ["PERFORM check_text('queue_name', queue_name, 200);", ""],
    ["IF audit_level NOT BETWEEN 0 AND 3 THEN", "IF audit_level NOT BETWEEN 0 AND 4 THEN"],
    ['CASE WHEN later THEN NULL ELSE \'{"kind":"tasks"}\'::json END', "NULL"],
    ["RETURN coalesce((answer -> 0 ->> 'id')::uuid, new_id);", "RETURN new_id;"],
  ]),
  ...mutantsOf({ file: "sql/postgres/functions/status.sql", tests: conformance, filter: changes }, [
    [
      "t.worker_id = complete_tasks.worker_id AND t.lease_token = c.lease_token",
      "t.worker_id = complete_tasks.worker_id",
    ],
    [
      "exception = NULL, worker_id = NULL, due_at_utc = NULL, cancel_requested = false,",
      "exception = NULL, worker_id = NULL, due_at_utc = NULL,",
    ],
    [
      "(VALUES ('InProgress', a.started_ago_ms), ('Completed', a.ended_ago_ms))",
      "(VALUES ('Completed', a.ended_ago_ms), ('InProgress', a.started_ago_ms))",
    ],
    [
      "WHERE keeps_history(a.audit_level) AND writes_status_audit(a.audit_level, step.status, NULL",
      "WHERE writes_status_audit(a.audit_level, step.status, NULL",
      "It only saves calls of a function that would return false.",
    ],
  ]),
  ...mutantsOf({ file: "sql/postgres/functions/series.sql", tests: conformance, filter: changes }, [
    [
      "CASE WHEN r.next_run_utc IS NOT NULL AND t.cancel_requested THEN clock\n",
      "CASE WHEN false THEN clock\n",
    ],
    ["cancel_requested = t.cancel_requested AND r.next_run_utc IS NOT NULL,", ""],
    ["AND t.is_recurring\n", "\n"],
    ["WHERE a.is_real AND writes_runs_audit", "WHERE writes_runs_audit"],
    ["CASE WHEN r.is_real AND t.current_run_count < 2147483647", "CASE WHEN r.is_real"],
  ]),
  ...mutantsOf({
    file: "sql/postgres/functions/persist_plain.sql",
    tests: ["tests/drivers/postgres/persist_test.ts"],
  }, [
    ["w.id = ANY (claim_fors) AND w.is_registered", "w.id = ANY (claim_fors)"],
    ["CASE WHEN h.id IS NULL THEN clock END, h.id", "clock, h.id"],
    ["AND t.queue_name <> ALL (ARRAY(SELECT q.queue_name FROM queues AS q WHERE q.is_paused))", ""],
    ["c.audit_level, 'Queued', NULL)", "0::smallint, 'Queued', NULL)"],
    ["IF claimed = cardinality(array_remove(claim_fors, NULL)) THEN", "IF true THEN"],
    [`'{"status": "Queued"}'`, `'{"status": "WaitingQueue"}'`],
    ["ORDER BY t.ordinality", "ORDER BY t.id"],
  ]),
  ...mutantsOf(
    { file: "sql/postgres/functions/persist.sql", tests: conformance, filter: dispatch },
    [
      [
        "AND w.is_registered\n    ORDER BY w.id\n    FOR KEY SHARE",
        "ORDER BY w.id\n    FOR KEY SHARE",
      ],
      ["h.id = t.claim_for AND t.status = 'Queued'", "h.id = t.claim_for"],
      [
        "AND t.queue_name <> ALL (ARRAY(SELECT q.queue_name FROM queues AS q WHERE q.is_paused))\n",
        "\n",
      ],
      ["stored.lease_token = 1 AND stored.worker_id = claim_for", "stored.worker_id = claim_for"],
      ["CASE WHEN h.id IS NULL THEN t.due_at_utc END,", "t.due_at_utc,"],
    ],
  ),
  ...mutantsOf({
    file: "sql/postgres/functions/persist_keyed.sql",
    tests: [...conformance, "tests/drivers/postgres/busy_keys_test.ts"],
    filter: "/postgres: (persist|task keys)|key/",
  }, [
    [
      "known.worker_id IS NOT NULL OR known.status = 'InProgress' OR",
      "known.worker_id IS NOT NULL OR",
    ],
    ["OR (known.is_recurring AND task.schedule IS NULL)", ""],
    ["IF NOT known.is_recurring AND known.due_at_utc IS NULL", "IF known.due_at_utc IS NULL"],
    ["known.next_run_utc IS NOT NULL AND known.recurring_task", "known.recurring_task"],
    ["exception = NULL, cancel_requested = false,", "exception = NULL,"],
    [
      "WHEN known.next_run_utc IS NULL THEN 0 ELSE known.current_run_count END",
      "ELSE known.current_run_count END",
    ],
    ["attempt = 0, lost_count = 0, rate_slot_utc = NULL\n", "attempt = 0, lost_count = 0\n"],
    ["IF known.status <> task.status AND writes", "IF writes"],
    ["'outcome', 'busy', 'claimed', false", "'outcome', 'existing', 'claimed', false"],
    ["item.task ->> 'claim_for' IS NOT NULL", "false"],
  ]),
  ...mutantsOf({
    file: "sql/postgres/functions/persist.sql",
    tests: [...conformance, "tests/drivers/postgres/busy_keys_test.ts"],
    filter: "/postgres: (persist|task keys)|key/",
  }, [
    [
      "figures.stored = cardinality(batch) AND figures.claimed = wanted",
      "figures.stored = cardinality(batch)",
    ],
    [
      'ORDER BY batch[i].task_key COLLATE "C", i\n',
      'ORDER BY batch[i].task_key COLLATE "C", i DESC\n',
    ],
  ]),
  ...mutantsOf(
    { file: "sql/postgres/functions/release.sql", tests: conformance, filter: workers },
    [
      [
        "t.worker_id = release_tasks.worker_id AND t.lease_token = r.token",
        "t.worker_id = release_tasks.worker_id",
      ],
      [
        "CASE WHEN t.cancel_requested THEN clock ELSE from_epoch_ms(r.due_at_ms) END",
        "from_epoch_ms(r.due_at_ms)",
      ],
      ["t.id <> ALL (known_ids) AND t.worker_id", "t.worker_id"],
      ["due_at_utc = clock, attempt = greatest(0, t.attempt - 1)", "due_at_utc = clock"],
    ],
  ),
  ...mutantsOf({ file: "sql/postgres/functions/claim.sql", tests: conformance, filter: workers }, [
    ["earliest := least(earliest, first);", "earliest := coalesce(earliest, first);"],
    [
      "    WHERE q.name NOT IN (SELECT p.queue_name FROM queues AS p WHERE p.is_paused)\n  LOOP\n    rank := 65536;",
      "  LOOP\n    rank := 65536;",
    ],
  ]),
  ...mutantsOf({
    file: "sql/postgres/functions/queues.sql",
    tests: [...conformance, "tests/drivers/postgres/lost_workers_test.ts"],
    filter: "/postgres: ((lost )?workers|release and make due|queues)|worker/",
  }, [
    ["DO UPDATE SET is_paused = excluded.is_paused;", "DO NOTHING;"],
  ]),
];
