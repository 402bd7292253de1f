// The input of the conformance suite (the harness of a store), and its output (named cases for any
// test runner).

import type { Storage } from "../../storage/storage.ts";

/**
 * A capability of a store under test beyond the contract. If the store lacks a capability that a
 * case needs, {@linkcode ConformanceCase.missing} names the capability, and the case does not count
 * as passed.
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
 * A damage to a task's row. `counters`: attempt, lease token and lost count are the largest integer
 * that their columns can hold. `instants`: creation and rate limit slot are an instant that
 * JavaScript cannot represent, if the store can hold such an instant.
 */
export type Damage = "counters" | "instants";

/** Creates stores for the suite. Implement it for each driver. */
export interface StorageHarness {
  /** The driver's name, for the names of the tests. */
  readonly name: string;
  /**
   * The capabilities beyond the contract that {@linkcode StorageHarness.create} provides.
   * @default none
   */
  readonly capabilities?: readonly Capability[];
  /**
   * Creates a store with its own empty database. Called once per case; cases may run concurrently.
   */
  create(): Promise<StorageUnderTest>;
}

/** A store with an empty database, created for one case. */
export interface StorageUnderTest {
  /** The opened storage. */
  readonly storage: Storage;
  /**
   * Returns an independent, opened storage on the same database, as in another process. `dispose`
   * also closes the returned storage.
   */
  another(): Promise<Storage>;
  /**
   * Advances the store's time. If the store has an injected clock, advance that clock. For a
   * database server, shift all stored instants back, including those of rate limits and heartbeats,
   * so that no case has to wait.
   *
   * @param ms Whole milliseconds.
   */
  passTime(ms: number): Promise<void>;
  /** Sets the run count of a stored series, because 2^31 - 1 runs take too long. */
  setRunCount?(taskId: string, runCount: number): Promise<void>;
  /** Damages a stored task's row. */
  damage?(taskId: string, damage: Damage): Promise<void>;
  /**
   * Lets the n-th statement that `storage` sends from now on fail once with a transient error,
   * before or after the database executed it. 0 cancels the fault. A driver may repeat the
   * statement or pass the error on.
   */
  failAt?(n: number): void;
  /** Runs `work` in a transaction of the caller, and commits or rolls back. */
  transaction?(
    work: (connection: unknown) => Promise<void>,
    end: "commit" | "rollback",
  ): Promise<void>;
  /**
   * Sets the store's clock back. For a database server, shift all stored instants forward.
   *
   * @param ms Whole milliseconds.
   */
  setClockBack?(ms: number): Promise<void>;
  /** Closes everything and removes the database. */
  dispose(): Promise<void>;
}

/** One guarantee of the storage contract, to be registered with a test runner. */
export interface ConformanceCase {
  /** The topic: `claim`, `audit matrix` … */
  readonly topic: string;
  /** The guarantee as a sentence. */
  readonly name: string;
  /** The missing capability, without which the case cannot run; null if the case can run. */
  readonly missing: Capability | null;
  /**
   * Creates a store, checks the guarantee and disposes of the store.
   *
   * @throws {ConformanceError} If the store violates the guarantee.
   */
  run(): Promise<void>;
}
