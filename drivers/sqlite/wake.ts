// Detects changes of other processes. SQLite has no push, but `PRAGMA data_version` shows in a few
// microseconds, without reading a page, whether another connection has committed.

import type { WakeSignal } from "../../src/storage/requests.ts";
import type { Clock } from "../../src/time/clock.ts";
import type { Connection } from "./connection.ts";
import type { SqliteDatabase } from "./sqlite_library.ts";
import { type Changes, readChanges } from "./counters.ts";

type Listener = (signal: WakeSignal) => void;

/** The interval at which the end of a caller's transaction is checked, in milliseconds. */
const transactionLookEveryMs = 20;

const selectCancelled = "SELECT id FROM queued_tasks WHERE cancel_requested = 1";

/** What one look at the database has shown. */
interface Seen {
  readonly version: number;
  readonly changes: Changes;
  /** The tasks with a cancel request; null if none was added since the look before. */
  readonly cancelled: readonly string[] | null;
}

/** Calls listeners after relevant changes by other connections. */
export class WakeWatch {
  readonly #clock: Clock;
  /** The interval between two checks in milliseconds; `Infinity` if no other connection writes. */
  readonly #lookEveryMs: number;
  readonly #listeners = new Set<Listener>();
  readonly #transactions = new Set<SqliteDatabase>();
  #connection: Connection | undefined;
  #seen: Seen | undefined;
  #stopLooking: (() => void) | undefined;
  #stopTransactionLook: (() => void) | undefined;

  constructor(clock: Clock, lookEveryMs: number) {
    this.#clock = clock;
    this.#lookEveryMs = lookEveryMs;
  }

  /** Starts the checks, which run while there is a listener. */
  start(connection: Connection): void {
    this.#connection = connection;
    this.#seen = undefined;
    this.#arm();
  }

  /** Stops all checks. */
  stop(): void {
    this.#connection = undefined;
    this.#transactions.clear();
    this.#stopLooking?.();
    this.#stopLooking = undefined;
    this.#stopTransactionLook?.();
    this.#stopTransactionLook = undefined;
  }

  /** Adds a listener, and returns the function that removes it. */
  add(listener: Listener): () => void {
    const entry: Listener = (signal) => listener(signal);
    this.#listeners.add(entry);
    this.#arm();
    return () => {
      this.#listeners.delete(entry);
      if (this.#listeners.size > 0) return;
      this.#stopLooking?.();
      this.#stopLooking = undefined;
    };
  }

  /**
   * Waits for the end of a caller's transaction in this process, and then notifies the listeners.
   * The commit of this transaction may not show in `data_version`.
   */
  awaitEnd(database: SqliteDatabase): void {
    if (this.#listeners.size === 0) return;
    this.#transactions.add(database);
    this.#armTransactionLook();
  }

  #arm(): void {
    if (
      this.#lookEveryMs === Infinity || this.#stopLooking || !this.#connection ||
      this.#listeners.size === 0
    ) return;
    this.#seen ??= this.#look();
    const tick = (): void => {
      this.#stopLooking = this.#clock.setTimer(tick, this.#lookEveryMs, { unref: true });
      this.#compare();
    };
    this.#stopLooking = this.#clock.setTimer(tick, this.#lookEveryMs, { unref: true });
  }

  #armTransactionLook(): void {
    if (this.#stopTransactionLook || this.#transactions.size === 0) return;
    this.#stopTransactionLook = this.#clock.setTimer(
      () => {
        this.#stopTransactionLook = undefined;
        for (const database of this.#transactions) {
          if (!hasEnded(database)) continue;
          this.#transactions.delete(database);
          this.#tell({ kind: "tasks" });
        }
        this.#armTransactionLook();
      },
      transactionLookEveryMs,
      { unref: true },
    );
  }

  #look(): Seen | undefined {
    const connection = this.#connection!;
    try {
      const version = connection.get("PRAGMA data_version")!.data_version as number;
      if (version === this.#seen?.version) return { ...this.#seen, cancelled: null };
      const changes = readChanges(connection);
      const before = this.#seen?.changes.cancel_changes ?? changes.cancel_changes;
      const cancelled = changes.cancel_changes === before
        ? null
        : connection.all(selectCancelled).map(({ id }) => id as string);
      return { version, changes, cancelled };
    } catch {
      // The database is busy or faulty. The next heartbeat reports a fault.
      return undefined;
    }
  }

  #compare(): void {
    const before = this.#seen;
    const after = this.#look();
    if (after === undefined) return;
    this.#seen = after;
    if (before === undefined) return this.#tell({ kind: "tasks" });
    if (before.version === after.version) return;
    const changed = (counter: keyof Changes) => before.changes[counter] !== after.changes[counter];
    if (after.cancelled !== null) this.#tell({ kind: "cancel", taskIds: after.cancelled });
    if (changed("queue_changes")) this.#tell({ kind: "queues" });
    if (changed("watch_changes")) this.#tell({ kind: "watch" });
    if (changed("task_changes")) this.#tell({ kind: "tasks" });
  }

  #tell(signal: WakeSignal): void {
    for (const listener of this.#listeners) listener(signal);
  }
}

/**
 * Reports whether the transaction on a connection has ended; closing the connection also ends it.
 */
function hasEnded(database: SqliteDatabase): boolean {
  try {
    return !database.inTransaction;
  } catch {
    return true;
  }
}
