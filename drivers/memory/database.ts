// The database of memory storages. Several storages can share a database, to simulate several
// processes.

import { checkOptions } from "../../src/guards/argument_checks.ts";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { guardClock } from "../../src/time/guarded_clock.ts";
import { checkClock, type Clock, systemClock } from "../../src/time/clock.ts";
import { MemoryState } from "./state.ts";

/** Options of a memory database. */
export interface MemoryDatabaseOptions {
  /** The clock. A fake clock makes the store deterministic. @default systemClock */
  readonly clock?: Clock;
  /**
   * The approximate number of ended one-shot tasks to keep with their history. If there are twice
   * as many, the tasks that ended first are deleted. By default, ended tasks stay until they are
   * purged.
   * @default Infinity
   */
  readonly keepEnded?: number;
}

let readState: (database: MemoryDatabase) => MemoryState;

/**
 * A database in memory. Storages with the same database share its tasks, like processes that share
 * a server: each has its own workers, and is notified of changes by the other storages. The tasks
 * are lost when the process ends.
 */
export class MemoryDatabase {
  readonly #state: MemoryState;

  static {
    readState = (database) => database.#state;
  }

  /**
   * Creates an empty database.
   *
   * @throws {InvalidArgumentError} If an option is invalid.
   */
  constructor(options: MemoryDatabaseOptions = {}) {
    checkOptions(options, { clock: true, keepEnded: true }, "options");
    const { clock = systemClock, keepEnded = Infinity } = options;
    checkClock(clock, "clock");
    if (keepEnded !== Infinity && !(Number.isInteger(keepEnded) && keepEnded >= 0)) {
      throw new InvalidArgumentError("keepEnded", keepEnded, "be an integer of at least 0");
    }
    this.#state = new MemoryState(guardClock(clock), keepEnded);
  }
}

/** Returns the state of a database; for this driver's own files. */
export function stateOf(database: MemoryDatabase): MemoryState {
  return readState(database);
}
