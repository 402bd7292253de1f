// The options of sqliteStorage, checked once.

import type { OptionNames } from "../../src/guards/option_names.ts";
import { resolve } from "node:path";
import { checkFlag, checkSecretOptions, hidden } from "../../src/guards/argument_checks.ts";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { guardClock } from "../../src/time/guarded_clock.ts";
import { checkClock, type Clock, systemClock } from "../../src/time/clock.ts";
import { toPollInterval } from "../../src/storage/poll_interval.ts";
import { type Duration, toMilliseconds } from "../../src/time/duration.ts";
import { adaptConnection, type SqliteConnection } from "./adapt_connection.ts";
import type { SqliteDatabase } from "./sqlite_library.ts";

/**
 * The durability of a commit when a write returns:
 *
 * - `off`: the commit was passed to the operating system. A power failure can damage the database
 *   file.
 * - `normal`: as `off`, but the file cannot be damaged. A power failure or a crash of the operating
 *   system can undo the last commits; a crash of the process loses nothing.
 * - `full`: the commit is on the disk. No commit is lost, but each write waits for the disk.
 * - `extra`: as `full`; with the write-ahead log there is no difference.
 */
export type Synchronous = "off" | "normal" | "full" | "extra";

/** Options of {@linkcode sqliteStorage}. Either `path` or `database` is given. */
export interface SqliteStorageOptions {
  /**
   * The database file, which is created if it does not exist, or `":memory:"`. A relative path is
   * resolved at once.
   */
  readonly path?: string;
  /**
   * A connection that the application has opened: a `DatabaseSync` of `node:sqlite` or a `Database`
   * of `@db/sqlite`. The storage does not change its settings (journal mode, `synchronous`, busy
   * timeout) and does not close it. The write-ahead log is recommended, because it is much faster.
   */
  readonly database?: SqliteConnection;
  /** How durable commits are after a power failure. @default "normal" */
  readonly synchronous?: Synchronous;
  /**
   * The time that a call waits while another connection writes. The call blocks the event loop for
   * at most the first 20 milliseconds (with `database`: for the busy timeout of that connection),
   * and not at all while the file is known to be busy. After the timeout, the call fails with a
   * transient error, and the worker retries with growing pauses.
   * @default 250 milliseconds
   */
  readonly busyTimeout?: Duration;
  /**
   * Whether the storage uses the file exclusively. The file is locked for other connections. An
   * idle worker then does not access the file: it does not poll, and its heartbeats stay in memory.
   * With `database`, the application guarantees that only this process writes. @default false
   */
  readonly exclusive?: boolean;
  /**
   * The interval at which an idle worker checks for changes by other processes, because SQLite does
   * not notify. From 1 millisecond to an hour. A check reads only `data_version`, and no table. An
   * `exclusive` file is not checked.
   * @default 1 second
   */
  readonly pollInterval?: Duration;
  /** Whether opening updates the schema. If false, opening only checks it. @default true */
  readonly migrate?: boolean;
  /** The storage's clock; replaceable for tests. @default systemClock */
  readonly clock?: Clock;
}

/** The options, checked and completed with defaults. */
export interface ResolvedOptions {
  readonly path: string;
  readonly database: SqliteDatabase | undefined;
  readonly synchronous: Synchronous;
  readonly busyTimeoutMs: number;
  readonly exclusive: boolean;
  readonly pollMs: number;
  readonly migrate: boolean;
  readonly clock: Clock;
}

const optionNames: OptionNames<SqliteStorageOptions> = {
  path: true,
  database: true,
  synchronous: true,
  busyTimeout: true,
  exclusive: true,
  pollInterval: true,
  migrate: true,
  clock: true,
};

/**
 * The connection string of another database, which may contain a password. SQLite itself accepts
 * `file:` URLs.
 */
const urlOfAServer = /^(?!file:)[a-z][a-z0-9+.-]*:\/\//i;

/**
 * Resolves a relative path now, so that a later change of the working directory does not matter. A
 * URI stays unchanged, because SQLite itself parses it.
 */
function absolute(path: string): string {
  return path === ":memory:" || path.startsWith("file:") ? path : resolve(path);
}

const synchronousValues: readonly unknown[] = ["off", "normal", "full", "extra"];

/**
 * Checks the options.
 *
 * @throws {InvalidArgumentError} If an option is invalid or unknown.
 */
export function resolveOptions(options: string | SqliteStorageOptions): ResolvedOptions {
  if (typeof options === "string") options = { path: options };
  if (typeof options !== "object" || options === null) {
    throw new InvalidArgumentError(
      "sqliteStorage",
      hidden(options),
      "get the name of a file, or options",
    );
  }
  checkSecretOptions(options, optionNames, "options");
  const { path, database, synchronous = "normal", busyTimeout = 250 } = options;
  const { pollInterval = 1000 } = options;
  const { exclusive = false, migrate = true, clock = systemClock } = options;
  if ((path === undefined) === (database === undefined)) {
    const given = path === undefined ? "neither `path` nor `database`" : "both of them";
    throw new InvalidArgumentError("options", given, "have either `path` or `database`");
  }
  if (path !== undefined && (typeof path !== "string" || path === "")) {
    throw new InvalidArgumentError("path", hidden(path), 'be the name of a file, or ":memory:"');
  }
  if (path !== undefined && urlOfAServer.test(path)) {
    const remedy =
      'be the name of a file, or ":memory:": other databases have a storage of their own';
    throw new InvalidArgumentError("path", hidden(path), remedy);
  }
  if (!synchronousValues.includes(synchronous)) {
    throw new InvalidArgumentError("synchronous", synchronous, "be off, normal, full or extra");
  }
  checkFlag(exclusive, "exclusive");
  checkFlag(migrate, "migrate");
  checkClock(clock, "clock");
  return {
    path: path === undefined ? "the application's database" : absolute(path),
    database: database === undefined ? undefined : adaptConnection(database, "database"),
    synchronous,
    busyTimeoutMs: Math.min(toMilliseconds(busyTimeout, "busyTimeout"), 2 ** 31 - 1),
    exclusive,
    pollMs: toPollInterval(pollInterval),
    migrate,
    clock: guardClock(clock),
  };
}
