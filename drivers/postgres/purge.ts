// Implements Storage.purge in short transactions. Only one process purges at a time.

import {
  nothingPurged,
  type PurgeBatch,
  purgeInBatches,
} from "../../src/storage/kit/purge_in_batches.ts";
import type {
  OperatedPurge,
  PurgeOptions,
  PurgeResult,
  RetentionPolicy,
} from "../../src/storage/retention.ts";
import type { Clock } from "../../src/time/clock.ts";
import type { Call } from "./database.ts";

/** The duration of a transaction that deletes in the order of ids, in milliseconds. */
const batchMs = 100;

/** The maximum number of rows in one transaction: in the order of ids, and in a search. */
const rowsInOrder = 100_000;
const rowsInSearch = 1_000;

/**
 * The interval between searches for rows that are not found in the order of ids, in milliseconds.
 * There are hardly any such rows, and a search may read all tables.
 */
const searchEveryMs = 600_000;

/** The result of purge_in_order. */
interface OrderedBatch extends PurgeBatch {
  readonly after: string;
}

/** Purges the history of one store. */
export class Purge {
  readonly #clock: Clock;
  #isRunning = false;
  /** The policy of the last call. Another one begins anew. */
  #policy = "";
  /** The id after which the next batch in the order of ids begins; null for the first task. */
  #after: string | null = null;
  /** Whether the next batch is one of a search. */
  #searches = false;
  #searchedAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Deletes the rows that the policy allows to delete.
   *
   * @param holder The holder of the right to purge, which expires a minute after the last batch.
   */
  async run(
    call: Call,
    holder: string,
    policy: RetentionPolicy,
    { budget, dryRun = false, by }: PurgeOptions,
  ): Promise<PurgeResult> {
    if (dryRun) return { ...await call<PurgeBatch>("purge_history", policy, null), busy: false };
    if (this.#isRunning) return { ...nothingPurged, done: false, busy: true };
    this.#isRunning = true;
    this.#beginWith(JSON.stringify(policy));
    const deleteBatch = async (limit: number, by?: OperatedPurge) => {
      const isOurs = await call<boolean>("take_maintenance", "purge", holder);
      if (!isOurs) return null;
      if (by !== undefined) return await this.#searchBy(call, policy, limit, by);
      return await (this.#searches
        ? this.#search(call, policy, limit)
        : this.#deleteInOrder(call, policy, limit));
    };
    try {
      return await purgeInBatches(budget, rowsInOrder, deleteBatch, by);
    } finally {
      this.#isRunning = false;
      await call("end_maintenance", "purge", holder);
    }
  }

  #beginWith(policy: string): void {
    if (policy === this.#policy) return;
    this.#policy = policy;
    this.#after = null;
    this.#searches = false;
    this.#searchedAt = -Infinity;
  }

  async #deleteInOrder(call: Call, policy: RetentionPolicy, limit: number): Promise<PurgeBatch> {
    const { after, ...batch } = await call<OrderedBatch>(
      "purge_in_order",
      policy,
      limit,
      this.#after,
      batchMs,
    );
    this.#after = batch.done ? null : after;
    const isTime = this.#clock.monotonic() - this.#searchedAt >= searchEveryMs;
    // The number of log lines is limited for tasks of any age.
    this.#searches = batch.done && (isTime || (policy.maxExecutionLogsPerTask ?? 0) > 0);
    return { ...batch, done: batch.done && !this.#searches };
  }

  async #search(call: Call, policy: RetentionPolicy, limit: number): Promise<PurgeBatch> {
    const batch = await call<PurgeBatch>("purge_history", policy, Math.min(limit, rowsInSearch));
    if (batch.done) {
      this.#searches = false;
      this.#searchedAt = this.#clock.monotonic();
    }
    return batch;
  }

  /** Deletes rows for an operator, and records it. */
  async #searchBy(
    call: Call,
    policy: RetentionPolicy,
    limit: number,
    { action, continues }: OperatedPurge,
  ): Promise<PurgeBatch> {
    const rows = Math.min(limit, rowsInSearch);
    return await call<PurgeBatch | null>("purge_history_by", policy, rows, action, continues) ??
      { ...nothingPurged, done: false };
  }
}
