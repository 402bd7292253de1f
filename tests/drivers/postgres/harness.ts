// The conformance harness of PostgreSQL: each case has a schema without rows in one database. A
// schema is used again after its case, because creating its tables and functions takes longer than
// most cases.

import postgres from "postgres";
import { postgresStorage } from "../../../drivers/postgres/mod.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import type { StorageHarness, StorageUnderTest } from "../../../src/testing/mod.ts";
import { checkStoredRows } from "./stored_rows.ts";

/** Counts down to the failure. Each call counts twice: before it is sent and after its answer. */
class Fault {
  #left = 0;

  arm(n: number): void {
    this.#left = n;
  }

  strike(when: string): void {
    if (this.#left === 0 || --this.#left > 0) return;
    throw Object.assign(new Error(`the connection was lost ${when}`), { code: "ECONNRESET" });
  }
}

/** Wraps a postgres.js instance so that its statements fail on request. */
function faulty(sql: postgres.Sql, fault: Fault): postgres.Sql {
  return new Proxy(sql, {
    get(target, property) {
      if (property !== "unsafe") return Reflect.get(target, property);
      return async (...args: Parameters<postgres.Sql["unsafe"]>) => {
        fault.strike("before");
        const rows = await target.unsafe(...args);
        fault.strike("after");
        return rows;
      };
    },
  });
}

/** Shifts every instant in a schema back, as if time had passed. */
async function passTime(sql: postgres.Sql, schema: string, ms: number): Promise<void> {
  const columns = await sql`
    SELECT table_name, string_agg(
      CASE data_type
        WHEN 'timestamp with time zone' THEN format('%1$I = %1$I - %2$s * interval ''1 ms''', column_name, ${ms}::bigint)
        ELSE format('%1$I = %1$I - %2$s', column_name, ${ms}::bigint)
      END, ', ') AS assignments
    FROM information_schema.columns
    WHERE table_schema = ${schema} AND (data_type = 'timestamp with time zone' OR column_name ~ '(tat|slot)_ms$')
    GROUP BY table_name`;
  for (const { table_name: table, assignments } of columns) {
    await sql.unsafe(`UPDATE "${schema}"."${table}" SET ${assignments}`);
  }
}

/** Deletes all rows that a case stored. The rows about migrations stay. */
async function empty(sql: postgres.Sql, schema: string): Promise<void> {
  await sql.unsafe(`
    DO $$
    DECLARE
      full_name text;
    BEGIN
      FOR full_name IN
        SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
        WHERE schemaname = '${schema}' AND tablename NOT LIKE 'schema\\_%'
      LOOP
        EXECUTE 'DELETE FROM ' || full_name;
      END LOOP;
    END $$`);
}

/**
 * Returns a harness whose cases run in one database.
 *
 * @param url Resolves to the URL of the database.
 * @param name The name in the tests.
 */
export function postgresHarness(name: string, url: () => Promise<string>): StorageHarness {
  let schemas = 0;
  const unused: string[] = [];
  return {
    name,
    capabilities: ["setRunCount", "failAt", "transaction", "setClockBack", "damage", "wakes"],
    async create(): Promise<StorageUnderTest> {
      const schema = unused.pop() ?? `case_${++schemas}`;
      const database = await url();
      const sql = postgres(database, { max: 5, onnotice: () => {}, fetch_types: false });
      const fault = new Fault();
      const opened: Storage[] = [];
      const open = async (storage: Storage) => {
        opened.push(storage);
        await storage.open();
        return storage;
      };
      return {
        storage: await open(postgresStorage({ sql: faulty(sql, fault), schema })),
        another: () => open(postgresStorage({ url: database, schema })),
        passTime: (ms) => passTime(sql, schema, ms),
        setClockBack: (ms) => passTime(sql, schema, -ms),
        async setRunCount(taskId, runCount) {
          await sql`
            UPDATE ${
            sql(schema)
          }.queued_tasks SET current_run_count = ${runCount} WHERE id = ${taskId}`;
        },
        async damage(taskId, damage) {
          const assignments = damage === "counters"
            ? "attempt = 2147483647, lease_token = 2147483647, lost_count = 2147483647"
            : "created_at_utc = 'infinity', rate_slot_utc = '-infinity', execution_time_ms = 'NaN'";
          await sql.unsafe(
            `UPDATE "${schema}".queued_tasks SET ${assignments} WHERE id = '${taskId}'`,
          );
        },
        failAt: (n) => fault.arm(n),
        async transaction(work, end) {
          const rollback = new Error("rolled back");
          await sql.begin(async (transaction) => {
            await work(transaction);
            if (end === "rollback") throw rollback;
          }).catch((error) => {
            if (error !== rollback) throw error;
          });
        },
        async dispose() {
          for (const storage of opened) await storage.close();
          try {
            await checkStoredRows(sql, schema);
          } finally {
            await empty(sql, schema);
            await sql.end();
            unused.push(schema);
          }
        },
      };
    },
  };
}
