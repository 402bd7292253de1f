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

const dayMs = 86_400_000;

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
  /** When the walk in the order of ids began at the first task. */
  #walkBeganAt = 0;
  /**
   * A search finds the rows that had expired at this instant; null if no search is under way. Rows
   * that expire later are found in the order of ids, or by the next search. Otherwise a search
   * would not end while tasks expire at full speed.
   */
  #searchesFor: number | null = null;
  /** Whether the next batch is one of the search. */
  #searchesNext = false;
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
      return await (this.#searchesNext
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
    this.#searchesFor = null;
    this.#searchesNext = false;
    this.#searchedAt = -Infinity;
  }

  async #deleteInOrder(call: Call, policy: RetentionPolicy, limit: number): Promise<PurgeBatch> {
    const askedAt = this.#clock.monotonic();
    if (this.#after === null) this.#walkBeganAt = askedAt;
    const { after, ...batch } = await call<OrderedBatch>(
      "purge_in_order",
      policy,
      limit,
      this.#after,
      batchMs,
    );
    this.#after = after;
    if (!batch.done) return batch;
    const isTime = askedAt - this.#searchedAt >= searchEveryMs;
    // The number of log lines is limited for tasks of any age.
    if (isTime || (policy.maxExecutionLogsPerTask ?? 0) > 0) {
      this.#searchesFor ??= this.#walkBeganAt;
    }
    this.#searchesNext = this.#searchesFor !== null;
    // Between the batches of a search, the walk goes on from its place.
    if (!this.#searchesNext) this.#after = null;
    return { ...batch, done: !this.#searchesNext };
  }

  async #search(call: Call, policy: RetentionPolicy, limit: number): Promise<PurgeBatch> {
    const elapsedDays = (this.#clock.monotonic() - this.#searchesFor!) / dayMs;
    const batch = await call<PurgeBatch>(
      "purge_history",
      withMoreDays(policy, elapsedDays),
      Math.min(limit, rowsInSearch),
    );
    this.#searchesNext = false; // a search is slow, so the rows that expired meanwhile come first
    if (batch.done) {
      this.#searchedAt = this.#searchesFor!;
      this.#searchesFor = null;
      this.#after = null;
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

/** Returns a policy by which history is kept for longer. */
function withMoreDays(policy: RetentionPolicy, days: number): RetentionPolicy {
  const longer = (limit: number | null | undefined) => (limit ?? 0) > 0 ? limit! + days : null;
  return {
    ...policy,
    statusAuditDays: longer(policy.statusAuditDays),
    runsAuditDays: longer(policy.runsAuditDays),
    errorAuditDays: longer(policy.errorAuditDays),
    executionLogDays: longer(policy.executionLogDays),
  };
}
