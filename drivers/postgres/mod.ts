/**
 * Storage in PostgreSQL 13 and later, over postgres.js: any number of processes share one database.
 *
 * @example
 * ```ts no-eval
 * import { postgresStorage } from "@evertask/evertask/postgres";
 *
 * const storage = postgresStorage("postgres://app@localhost/app");
 * ```
 *
 * @module
 */
import type { PostgresClient } from "./connection.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { type PostgresStorageOptions, resolveOptions } from "./options.ts";
import { PostgresStorage } from "./storage.ts";

export type {
  DrizzleLike,
  KyselyLike,
  PostgresClient,
  PostgresConnection,
  PostgresJsLike,
  QueryLike,
} from "./connection.ts";
export type { PostgresStorageOptions };

/**
 * Makes a storage that keeps its tasks in PostgreSQL. Nothing is connected before `open`.
 *
 * The verbs that take a `connection` accept a {@linkcode PostgresConnection}: a transaction of
 * postgres.js, drizzle-orm over postgres.js, kysely or node-postgres. Its writes exist only if the
 * caller commits.
 *
 * @param target The URL of a database, the application's own postgres.js instance, or options.
 * @throws {InvalidArgumentError} If an option cannot be used.
 *
 * @example Tasks in the application's own pool, in a schema of their own
 * ```ts no-eval
 * import postgres from "postgres";
 * import { postgresStorage } from "@evertask/evertask/postgres";
 *
 * const sql = postgres("postgres://app@localhost/app");
 * const storage = postgresStorage({ sql, schema: "jobs" });
 * ```
 */
export function postgresStorage(
  target: string | PostgresClient | PostgresStorageOptions,
): Storage {
  return new PostgresStorage(resolveOptions(target));
}
