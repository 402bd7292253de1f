// A storage that has adopted rows of EverTask for .NET (upstream), for tests on a real server.

import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { withPool, withSchema } from "../../support/tsql_server/target.ts";
import {
  insertUpstream,
  upstreamHistory,
  type UpstreamRow,
  upstreamTasks,
} from "../../support/tsql_server/upstream_tables.ts";

/** Returns the id of the row with this number. */
export function id(number: number): string {
  return `a0000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
}

/** Runs `work` with a storage that has adopted `rows`. */
export async function withAdopted(
  rows: readonly UpstreamRow[],
  work: (storage: Storage) => Promise<void>,
): Promise<void> {
  await withPool((pool) =>
    withSchema(pool, async (schema) => {
      await pool.request().batch(`CREATE SCHEMA [${schema}];`);
      for (const text of [upstreamTasks.newest, upstreamHistory, ...rows.map(insertUpstream)]) {
        await pool.request().batch(text.replaceAll("[EverTask]", `[${schema}]`));
      }
      const storage = sqlServerStorage({ connection: pool, schema, pollInterval: 50 });
      await storage.open();
      await work(storage);
      await storage.close();
    })
  );
}
