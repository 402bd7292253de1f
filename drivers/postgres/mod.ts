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
 * Creates a storage in PostgreSQL. Connects on `open`.
 *
 * Methods with a `connection` accept a {@linkcode PostgresConnection}: a transaction of
 * postgres.js, drizzle-orm over postgres.js, kysely or node-postgres. The writes exist only if the
 * caller commits.
 *
 * @param target The URL of a database, the application's own postgres.js instance, or options.
 * @throws {InvalidArgumentError} If an option is invalid.
 *
 * @example With the application's own pool, and another schema
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
