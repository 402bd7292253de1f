// The input of the conformance suite, a harness of a store, and its output: named cases for any
// test runner.

import type { Storage } from "../../storage/storage.ts";

/**
 * Capabilities of a store under test beyond the contract. A case that needs a missing one is marked
 * with it, so that it does not count as passed.
 *
 * - `setRunCount`, `failAt`, `transaction`, `setClockBack`, `damage`: the optional functions of
 *   {@linkcode StorageUnderTest}.
 * - `wakes`: {@linkcode Storage.onWake} reports changes of other processes, at once or within a
 *   second of the store's time.
 */
export type Capability =
  | "setRunCount"
  | "failAt"
  | "transaction"
  | "setClockBack"
  | "damage"
  | "wakes";

/** All capabilities. */
export const capabilities: readonly Capability[] = [
  "setRunCount",
  "failAt",
  "transaction",
  "setClockBack",
  "damage",
  "wakes",
];

/**
 * An edit of a task's row by hand. `counters`: attempt, lease token and lost count are the largest
 * integer that their columns hold. `instants`: creation and rate limit slot are an instant that
 * JavaScript cannot represent, if there are such.
 */
export type Damage = "counters" | "instants";

/** How the suite gets at a store: implement this once for a driver. */
export interface StorageHarness {
  /** The driver's name, for the names of the tests. */
  readonly name: string;
  /** What {@linkcode StorageHarness.create} provides beyond the contract. @default none */
  readonly capabilities?: readonly Capability[];
  /**
   * Makes a store with an empty database of its own. Called once per case; cases may run
   * concurrently.
   */
  create(): Promise<StorageUnderTest>;
}

/** One store with an empty database, made for one case. */
export interface StorageUnderTest {
  /** Opened. */
  readonly storage: Storage;
  /**
   * An independent, opened instance on the same database, as in another process. `dispose` closes
   * it, too.
   */
  another(): Promise<Storage>;
  /**
   * Time goes by for the store. A store with an injected clock advances it; a database server's
   * harness shifts all stored instants (rate limits' and heartbeats', too) back by as much, so that
   * no case waits.
   *
   * @param ms Whole milliseconds.
   */
  passTime(ms: number): Promise<void>;
  /** Sets the run count of a stored series, since 2^31 - 1 runs take too long. */
  setRunCount?(taskId: string, runCount: number): Promise<void>;
  /** Writes over a stored task's row what no verb writes. */
  damage?(taskId: string, damage: Damage): Promise<void>;
  /**
   * The n-th statement that `storage` sends from now on fails once with a transient error, before
   * or after the database carried it out; 0 calls it off. A driver may repeat the statement or pass
   * the error on.
   */
  failAt?(n: number): void;
  /** Runs `work` in a transaction of the caller's and ends it so. */
  transaction?(
    work: (connection: unknown) => Promise<void>,
    end: "commit" | "rollback",
  ): Promise<void>;
  /**
   * The store's clock is set back. A database server's harness shifts all stored instants forward
   * by as much.
   *
   * @param ms Whole milliseconds.
   */
  setClockBack?(ms: number): Promise<void>;
  /** Closes everything and removes the database. */
  dispose(): Promise<void>;
}

/** One promise of the storage contract, to be registered with a test runner. */
export interface ConformanceCase {
  /** Its topic: `claim`, `audit matrix` … */
  readonly topic: string;
  /** A sentence that states what must be true. */
  readonly name: string;
  /** The capability that the harness lacks; the case cannot run. Null when it can. */
  readonly missing: Capability | null;
  /**
   * Makes a store, checks the promise and disposes of the store.
   *
   * @throws {ConformanceError} If the promise is not kept.
   */
  run(): Promise<void>;
}
