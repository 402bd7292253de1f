/**
 * Storage in memory, for tests and development. It fulfils the same contract as the databases. Its
 * tasks are lost when the process ends.
 *
 * @example
 * ```ts
 * import { memoryStorage } from "@evertask/evertask/memory";
 *
 * const storage = memoryStorage();
 * await storage.open();
 * console.log((await storage.statistics()).tasksByStatus.Queued);
 * await storage.close();
 * ```
 *
 * @module
 */
import { checkSecretOptions, hidden } from "../../src/guards/argument_checks.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { MemoryDatabase, type MemoryDatabaseOptions, stateOf } from "./database.ts";
import { MemoryStorage } from "./storage.ts";

export { MemoryDatabase, type MemoryDatabaseOptions };

/** Options of {@linkcode memoryStorage}. */
export interface MemoryStorageOptions extends MemoryDatabaseOptions {
  /**
   * The database to share with other storages. It has its own clock and limits.
   *
   * @default a new, empty database
   */
  readonly database?: MemoryDatabase;
}

/**
 * Creates a storage in memory. It has no transactions and therefore rejects dispatches with a
 * `connection`.
 *
 * @throws {InvalidArgumentError} If an option is invalid, or `database` is combined with `clock` or
 * `keepEnded`.
 *
 * @example Two "processes" that share their tasks
 * ```ts
 * import { MemoryDatabase, memoryStorage } from "@evertask/evertask/memory";
 *
 * const database = new MemoryDatabase({ keepEnded: 10_000 });
 * const web = memoryStorage({ database });
 * const worker = memoryStorage({ database });
 * ```
 */
export function memoryStorage(options: MemoryStorageOptions = {}): Storage {
  checkSecretOptions(options, { database: true, clock: true, keepEnded: true }, "options");
  const { database, ...ofDatabase } = options;
  if (database === undefined) return new MemoryStorage(stateOf(new MemoryDatabase(ofDatabase)));
  if (!(database instanceof MemoryDatabase)) {
    throw new InvalidArgumentError("database", hidden(database), "be a MemoryDatabase");
  }
  if (ofDatabase.clock !== undefined || ofDatabase.keepEnded !== undefined) {
    const remedy = "be passed without clock and keepEnded: a database has its own";
    throw new InvalidArgumentError("database", "a MemoryDatabase", remedy);
  }
  return new MemoryStorage(stateOf(database));
}
