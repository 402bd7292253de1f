// Reads the sizes of a store's tables, and its number of transactions.

import { DatabaseSync } from "node:sqlite";
import postgres from "postgres";
import type { StoreKind } from "../histories/setup.ts";

/** Figures of a store. */
export interface StoreFigures {
  /** Tasks that have not failed. */
  readonly tasks: number;
  /** Tasks that failed, which retention keeps. A machine without time lets timeouts expire. */
  readonly failed: number;
  readonly statusAudit: number;
  readonly runsAudit: number;
  /** Tasks that are due. */
  readonly waiting: number;
  /**
   * Bytes of each table and each index, without those of the activity by minute, which is kept for
   * a day and so grows all day long.
   */
  readonly sizes: Sizes;
  /** Transactions so far; null: the database does not count them. */
  readonly transactions: number | null;
}

/** Bytes by the name of a table or an index. */
export type Sizes = Readonly<Record<string, number>>;

/** Reads figures. */
export interface StoreReader extends AsyncDisposable {
  read(): Promise<StoreFigures>;
}

/** Opens a reader of a store. */
export function openReader(store: StoreKind, address: string): StoreReader {
  return store === "sqlite" ? new SqliteReader(address) : new PostgresReader(address);
}

class SqliteReader implements StoreReader {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path, { readOnly: true, timeout: 10_000 });
  }

  read(): Promise<StoreFigures> {
    const row = this.#database.prepare(`
      SELECT (SELECT count(*) FROM queued_tasks WHERE status <> 'Failed') AS tasks,
        (SELECT count(*) FROM queued_tasks WHERE status = 'Failed') AS failed,
        (SELECT count(*) FROM status_audit) AS statusAudit,
        (SELECT count(*) FROM runs_audit) AS runsAudit,
        (SELECT count(*) FROM queued_tasks WHERE due_at_utc < unixepoch('subsec') * 1000) AS waiting,
        (SELECT json_group_object(name, bytes) FROM (
          SELECT name, sum(pgsize) AS bytes FROM dbstat
          WHERE name NOT LIKE 'activity%' AND name <> 'journal' GROUP BY name
        )) AS sizes,
        NULL AS transactions`).get()!;
    const sizes = JSON.parse(row.sizes as string);
    return Promise.resolve({ ...row, sizes } as unknown as StoreFigures);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#database.close();
    return Promise.resolve();
  }
}

class PostgresReader implements StoreReader {
  readonly #sql: postgres.Sql;

  constructor(url: string) {
    this.#sql = postgres(url, { max: 1, onnotice: () => {} });
  }

  async read(): Promise<StoreFigures> {
    const [row] = await this.#sql<[StoreFigures]>`
      SELECT (SELECT count(*)::float8 FROM evertask.queued_tasks WHERE status <> 'Failed') AS tasks,
        (SELECT count(*)::float8 FROM evertask.queued_tasks WHERE status = 'Failed') AS failed,
        (SELECT count(*)::float8 FROM evertask.status_audit) AS "statusAudit",
        (SELECT count(*)::float8 FROM evertask.runs_audit) AS "runsAudit",
        (SELECT count(*)::float8 FROM evertask.queued_tasks WHERE due_at_utc < clock_timestamp()) AS waiting,
        (SELECT jsonb_object_agg(relname, pg_table_size(oid)) FROM pg_class
         WHERE relnamespace = 'evertask'::regnamespace AND relkind IN ('r', 'i')
           AND relname NOT LIKE 'activity%') AS sizes,
        (SELECT (xact_commit + xact_rollback)::float8 FROM pg_stat_database
         WHERE datname = current_database()) AS transactions`;
    return row;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sql.end({ timeout: 5 });
  }
}
