// The SQL Server store for measurements, if EVERTASK_TEST_SQLSERVER names a server. All
// measurements share one schema, which is emptied for each, because creating a schema takes long.

import { sqlServerStorage } from "@evertask/evertask/sqlserver";
import { loadMssql } from "../../drivers/sqlserver/load_mssql.ts";
import { dropSchema, emptySchema, targetConfig } from "../../tests/support/tsql_server/target.ts";
import type { BenchStore } from "./bench_store.ts";

/** Connects, and makes the schema. */
export async function sqlServerStore(): Promise<BenchStore> {
  const mssql = await loadMssql();
  const pool = new mssql.ConnectionPool(targetConfig());
  await pool.connect();
  const schema = `Bench_${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
  const storage = () => sqlServerStorage({ connection: pool, schema });
  const first = storage();
  await first.open();
  await first.close();
  return {
    name: "sqlserver",
    async createDatabase() {
      await emptySchema(pool, schema);
      return { address: schema, storage, [Symbol.asyncDispose]: () => Promise.resolve() };
    },
    async [Symbol.asyncDispose]() {
      await dropSchema(pool, schema);
      await pool.close();
    },
  };
}
