// How a verb reaches the database: over the session that is opened and closed here, or in the
// caller's transaction.

import { StorageError } from "../../src/storage/errors.ts";
import { OpenOnce } from "../../src/storage/kit/open_once.ts";
import type { WakeSignal } from "../../src/storage/requests.ts";
import { runInTransaction, type RunStatement } from "./connection.ts";
import { codeOf } from "./errors.ts";
import { type FunctionName, Functions } from "./functions.ts";
import type { ResolvedOptions } from "./options.ts";
import { withMissingRights } from "./missing_rights.ts";
import { type Session, startSession } from "./session.ts";

/** How often a call is made that loses against other transactions; then its caller decides. */
const mostTries = 10;

/**
 * serialization_failure and unique_violation. With the level that PostgreSQL begins with, functions
 * see what others have committed meanwhile; where a database or a role has a stricter one, they are
 * refused.
 */
const lostRaces = new Set(["40001", "23505"]);

/** Calls a function of sql/postgres/ and resolves to its result, null for NULL. */
export type Call = <T>(name: FunctionName, ...args: readonly unknown[]) => Promise<T>;

/** The database of a storage, for its verbs. */
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

  /** Connects, once, and brings the schema up to date. */
  open(): Promise<Session> {
    return this.#session.open();
  }

  /** Closes the database. Calls after this reject. */
  close(): Promise<void> {
    return this.#session.close();
  }

  /** Whether it is open. */
  get isOpen(): boolean {
    return this.#session.isOpen;
  }

  /**
   * The resources of an open database.
   *
   * @throws {StorageClosedError} When it is not.
   */
  get session(): Session {
    return this.#session.opened;
  }

  /** Sends notifications of changes to other processes; null without listeners. */
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
      // Asked over the pool: a transaction of the caller's answers nothing more.
      throw await withMissingRights(error, this.session.run, this.#options.schema, "use");
    }
  }
}

/** Whether nothing was written, since another transaction wrote the same at this moment. */
function hasLost(error: unknown): boolean {
  return error instanceof StorageError && lostRaces.has(codeOf(error.cause));
}
