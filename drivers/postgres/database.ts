// Opens and closes the storage's session. Runs calls over it, or in the caller's transaction.

import { StorageError } from "../../src/storage/errors.ts";
import { OpenOnce } from "../../src/storage/kit/open_once.ts";
import type { WakeSignal } from "../../src/storage/requests.ts";
import { runInTransaction, type RunStatement } from "./connection.ts";
import { codeOf } from "./errors.ts";
import { type FunctionName, Functions } from "./functions.ts";
import type { ResolvedOptions } from "./options.ts";
import { withMissingRights } from "./missing_rights.ts";
import { type Session, startSession } from "./session.ts";

/**
 * The maximum number of attempts of a call that conflicts with other transactions. After the last,
 * the call rejects.
 */
const mostTries = 10;

/**
 * The SQLSTATEs serialization_failure and unique_violation. At PostgreSQL's default isolation
 * level, functions see what other transactions have committed in the meantime. At a stricter level,
 * which can be set for a database or a role, they fail with one of these codes.
 */
const lostRaces = new Set(["40001", "23505"]);

/** Calls a function of sql/postgres/. Resolves to its result; null for NULL. */
export type Call = <T>(name: FunctionName, ...args: readonly unknown[]) => Promise<T>;

/** The database of a storage. */
export class DatabaseAccess {
  readonly #options: ResolvedOptions;
  readonly #functions: Functions;
  readonly #session: OpenOnce<Session>;

  /** @param onWake Called for notifications of other processes. */
  constructor(options: ResolvedOptions, onWake: (signal: WakeSignal) => void) {
    this.#options = options;
    this.#functions = new Functions(options.schema);
    this.#session = new OpenOnce({
      what: "PostgreSQL storage",
      open: () => startSession(options, this.#functions, onWake),
      close: (session) => session.close(),
    });
  }

  /** Connects once, and updates the schema. */
  open(): Promise<Session> {
    return this.#session.open();
  }

  /** Closes the database. Every later call rejects. */
  close(): Promise<void> {
    return this.#session.close();
  }

  /** Whether the database is open. */
  get isOpen(): boolean {
    return this.#session.isOpen;
  }

  /**
   * The resources of an open database.
   *
   * @throws {StorageClosedError} If it is not open.
   */
  get session(): Session {
    return this.#session.opened;
  }

  /** Returns the message that notifies other processes of a change; null if `notify` is off. */
  message(kind: WakeSignal["kind"]): object | null {
    return this.session.channel?.message(kind) ?? null;
  }

  /** Calls a function, and retries it after a conflict with another transaction. */
  readonly call: Call = async (name, ...args) => {
    for (let triesLeft = mostTries - 1;; triesLeft--) {
      try {
        return await this.#callOver(this.session.run, name, ...args);
      } catch (error) {
        if (triesLeft === 0 || !hasLost(error)) throw error;
      }
    }
  };

  /** Calls a function in the caller's transaction, if there is one. */
  async callIn<T>(connection: unknown, name: FunctionName, ...args: unknown[]): Promise<T> {
    if (connection === undefined) return await this.call(name, ...args);
    const run = runInTransaction(connection, this.#options.prepare);
    return await this.#callOver(run, name, ...args);
  }

  async #callOver<T>(run: RunStatement, name: FunctionName, ...args: unknown[]): Promise<T> {
    try {
      return await this.#functions.call(run, name, ...args);
    } catch (error) {
      // Reads the missing rights over the pool: a failed transaction of the caller rejects queries.
      throw await withMissingRights(error, this.session.run, this.#options.schema, "use");
    }
  }
}

/** Reports whether a concurrent transaction made a call fail. Such a call has written nothing. */
function hasLost(error: unknown): boolean {
  return error instanceof StorageError && lostRaces.has(codeOf(error.cause));
}
