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
 * How far a commit has got when a write returns:
 *
 * - `OFF`: handed to the operating system. A power failure can damage the database file.
 * - `NORMAL`: the same, but the file stays whole. A power failure or a crash of the operating
 *   system can undo the last commits; a crash of the process loses nothing.
 * - `FULL`: on the disk. Nothing that was committed is lost; each write waits for the disk.
 * - `EXTRA`: as `FULL`; with the write-ahead log there is no difference.
 */
export type Synchronous = "off" | "normal" | "full" | "extra";

/** Options of {@linkcode sqliteStorage}. Either `path` or `database` is given. */
export interface SqliteStorageOptions {
  /**
   * The database file, created when it does not exist, or `":memory:"`. A relative path is resolved
   * at once.
   */
  readonly path?: string;
  /**
   * A connection that the application has opened: a `DatabaseSync` of `node:sqlite` or a `Database`
   * of `@db/sqlite`. Its settings are not changed (journal mode, `synchronous` and busy timeout are
   * the application's choice; the write-ahead log is much faster) and stays open when the storage
   * is closed.
   */
  readonly database?: SqliteConnection;
  /** How durable commits are after a power failure. @default "normal" */
  readonly synchronous?: Synchronous;
  /**
   * How long a call waits while another connection writes. It blocks the event loop for the first
   * 20 milliseconds at most (a `database` of the application's: for its own busy timeout), and not
   * at all while the file is known to be busy. After it the call fails with a transient error, and
   * the worker tries again with growing pauses. @default 250 milliseconds
   */
  readonly busyTimeout?: Duration;
  /**
   * No other connection uses the file: it is locked against them, and an idle worker leaves it
   * alone: it looks for nothing, and its heartbeats stay in memory. With a `database` of the
   * application's it is a promise that only this process writes. @default false
   */
  readonly exclusive?: boolean;
  /**
   * How long an idle worker waits between two looks at whether another process changed the file,
   * from 1 millisecond to an hour: SQLite cannot push. A look reads `data_version`, and asks no
   * table. An `exclusive` file is not looked at.
   * @default 1 second
   */
  readonly pollInterval?: Duration;
  /** Whether opening brings the schema up to date; otherwise it only checks it. @default true */
  readonly migrate?: boolean;
  /** The storage's clock; another one is for tests. @default systemClock */
  readonly clock?: Clock;
}

/** The options with their defaults, checked. */
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
 * A connection string of another database, which may hold a password. SQLite itself knows `file:`
 * URLs.
 */
const urlOfAServer = /^(?!file:)[a-z][a-z0-9+.-]*:\/\//i;

/**
 * Resolves a relative path now, so that a later change of the working directory does not matter. A
 * URI stays unchanged, as SQLite reads it.
 */
function absolute(path: string): string {
  return path === ":memory:" || path.startsWith("file:") ? path : resolve(path);
}

const synchronousValues: readonly unknown[] = ["off", "normal", "full", "extra"];

/**
 * Checks what the user passed.
 *
 * @throws {InvalidArgumentError} If an option has a value that cannot be used, or there is no such
 * option.
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
