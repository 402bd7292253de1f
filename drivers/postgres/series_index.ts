// Builds the index of series of a store that an early version has filled. The migration that adds
// the index would build it in its transaction, and block all changes of tasks for as long as it
// reads them all. A concurrent build blocks nothing, but cannot run in a transaction.

import { systemClock } from "../../src/time/clock.ts";
import { onlyRow, onlyValue, type RunStatement } from "./connection.ts";
import { codeOf } from "./errors.ts";

/** The version of the schema from which on the index exists. */
const indexedFrom = 13;

/** The pause before the progress of another process is checked again, in milliseconds. */
const pauseMs = 200;

/**
 * The SQLSTATEs of a build that collides with another one: deadlock_detected, duplicate_table,
 * unique_violation, lock_not_available.
 */
const collisions: readonly string[] = ["40P01", "42P07", "23505", "55P03"];

/** The file that adds the index. */
export const seriesIndexFile = "0013_series_corrections.sql";

/** Reports whether a schema of this version has tasks without the index. */
function lacksIndex(version: number): boolean {
  return version > 0 && version < indexedFrom;
}

/** Returns the number of bytes that the build reads, which scans the tasks twice. */
export async function bytesToIndex(
  run: RunStatement,
  schema: string,
  version: number,
): Promise<number> {
  if (!lacksIndex(version)) return 0;
  const rows = await run(
    `SELECT 2 * pg_relation_size('"${schema}".queued_tasks')::float8 AS bytes`,
    [],
  );
  return Number(onlyValue(rows));
}

type IndexState = "missing" | "building" | "broken" | "ready";

/** Builds the index, if the schema has a version in which it is missing. */
export async function buildSeriesIndex(
  run: RunStatement,
  schema: string,
  version: number,
): Promise<void> {
  if (!lacksIndex(version)) return;
  const index = `"${schema}".queued_tasks_series`;
  for (let state; (state = await stateOfIndex(run, schema)) !== "ready";) {
    if (state === "missing") {
      const columns = `"${schema}".queued_tasks (id) WHERE is_recurring`;
      await change(
        run,
        `CREATE INDEX CONCURRENTLY IF NOT EXISTS queued_tasks_series ON ${columns}`,
      );
    } else if (state === "broken") await change(run, `DROP INDEX CONCURRENTLY IF EXISTS ${index}`);
    else await new Promise<void>((resume) => void systemClock.setTimer(resume, pauseMs));
  }
}

/** A build that failed or was cancelled leaves a broken index. */
async function stateOfIndex(run: RunStatement, schema: string): Promise<IndexState> {
  const row = onlyRow(
    await run(
      `SELECT CASE WHEN i.indisvalid THEN 'ready'
        WHEN EXISTS (SELECT FROM pg_stat_progress_create_index AS p WHERE p.index_relid = c.oid) THEN 'building'
        ELSE 'broken' END AS state
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
      WHERE n.nspname = $1 AND c.relname = 'queued_tasks_series'`,
      [schema],
    ),
  );
  return row === undefined ? "missing" : Object.values(row)[0] as IndexState;
}

async function change(run: RunStatement, statement: string): Promise<void> {
  try {
    await run(statement, [], "endless");
  } catch (error) {
    if (!collisions.includes(codeOf(error))) throw error;
  }
}
