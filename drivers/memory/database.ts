// The database behind memory storages. Several storages share one to imitate several processes.

import { checkOptions } from "../../src/guards/argument_checks.ts";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { guardClock } from "../../src/time/guarded_clock.ts";
import { checkClock, type Clock, systemClock } from "../../src/time/clock.ts";
import { MemoryState } from "./state.ts";

/** Options of a memory database. */
export interface MemoryDatabaseOptions {
  /**
   * What time it is; a fake clock makes everything that the store does repeatable. @default
   * systemClock
   */
  readonly clock?: Clock;
  /**
   * About how many ended one-shot tasks stay with their history: when there are twice as many, the
   * ones that ended first are forgotten. Without a limit they stay until they are purged. @default
   * Infinity
   */
  readonly keepEnded?: number;
}

let readState: (database: MemoryDatabase) => MemoryState;

/**
 * Tasks in memory. Storages with the same database see the same tasks, like processes that share a
 * server: each has its own workers, and is woken by changes of the others. The tasks are lost when
 * the process ends.
 */
export class MemoryDatabase {
  readonly #state: MemoryState;

  static {
    readState = (database) => database.#state;
  }

  /**
   * Makes an empty database.
   *
   * @throws {InvalidArgumentError} If an option cannot be used.
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
