// The growth and retention of the audit tables, for applications.

import { type Dated, dated } from "../time/dated.ts";
import { checkFlag, checkOptions, checkSignal } from "../guards/argument_checks.ts";
import type { AuditGrowth } from "../storage/queries.ts";
import { nothingPurged } from "../storage/kit/purge_in_batches.ts";
import type { PurgeResult, RetentionPolicy } from "../storage/retention.ts";
import { checkPolicy } from "../storage/retention_policy.ts";
import type { Storage } from "../storage/storage.ts";
import type { Clock } from "../time/clock.ts";

/** The number of rows in the first batch of a purge, and the limits of later ones. */
const firstBatch = 2_000;
const smallestBatch = 500;
const largestBatch = 200_000;

/** The duration of a batch, by which the next one is sized, in milliseconds. */
const batchMs = 100;

/** Returns the number of rows of the next batch, after one of `rows` rows. */
function nextBatch(rows: number, ms: number): number {
  const factor = Math.min(2, Math.max(0.5, batchMs / Math.max(1, ms)));
  return Math.round(Math.min(largestBatch, Math.max(smallestBatch, rows * factor)));
}

/**
 * Returns the pause after a batch, as a multiple of the batch's duration. Tasks have four fifths of
 * the time. A purge that has lasted for long gets more of it, because otherwise the tables might
 * grow faster than they are purged.
 *
 * @param ms The duration of the purge so far, in milliseconds.
 */
function restFactor(ms: number): number {
  return ms < 10_000 ? 4 : ms < 30_000 ? 1 : 0.25;
}

/** Options of {@linkcode Audit.purge}. */
export interface PurgeRunOptions {
  /**
   * Only counts what would be deleted.
   *
   * @default false
   */
  readonly dryRun?: boolean;
  /** Ends the purge early. */
  readonly signal?: AbortSignal;
}

/** Growth and retention; `everTask.audit`. */
export class Audit {
  readonly #opened: () => Promise<Storage>;
  readonly #clock: Clock;

  /**
   * Made by `createEverTask`.
   *
   * @param opened Returns the storage once it is open.
   * @param clock Measures the duration of batches.
   */
  constructor(opened: () => Promise<Storage>, clock: Clock) {
    this.#opened = opened;
    this.#clock = clock;
  }

  /**
   * Returns the number of rows, the first and last instant, and the average rows per day of the
   * audit tables and the execution log. Those of large tables are estimates: `isEstimate` is true.
   *
   * @param options `exact`: whether to count every row, even if that reads millions; false by
   * default.
   * @throws {InvalidArgumentError} If an option is invalid.
   */
  async growth(options: { readonly exact?: boolean } = {}): Promise<readonly Dated<AuditGrowth>[]> {
    checkOptions(options, { exact: true }, "options");
    const { exact = false } = options;
    checkFlag(exact, "options.exact");
    return dated(await (await this.#opened()).auditGrowth({ exact }));
  }

  /**
   * Deletes the rows that the policy allows to delete, in bounded batches with pauses between them,
   * until nothing is left. If another process is purging, sets `busy` and deletes nothing more.
   *
   * @param policy The ages at which rows may be deleted.
   * @param options `dryRun` only counts; an aborted `signal` ends the purge after the current
   * batch.
   */
  async purge(policy: RetentionPolicy, options: PurgeRunOptions = {}): Promise<PurgeResult> {
    checkPolicy(policy);
    checkOptions(options, { dryRun: true, signal: true }, "options");
    const { dryRun = false, signal } = options;
    checkFlag(dryRun, "options.dryRun");
    checkSignal(signal, "options.signal");
    const storage = await this.#opened();
    let budget = dryRun ? Number.MAX_SAFE_INTEGER : firstBatch;
    const total = { ...nothingPurged };
    const began = this.#clock.monotonic();
    while (true) {
      const started = this.#clock.monotonic();
      const result = await storage.purge(policy, { budget, dryRun });
      total.statusAudit += result.statusAudit;
      total.runsAudit += result.runsAudit;
      total.executionLog += result.executionLog;
      total.tasks += result.tasks;
      total.operatorActions += result.operatorActions;
      const isOver = result.done || result.busy || dryRun;
      if (!isOver) {
        const now = this.#clock.monotonic();
        budget = nextBatch(budget, now - started);
        await this.#rest(restFactor(now - began) * (now - started), signal);
      }
      if (isOver || signal?.aborted) {
        return { ...total, done: result.done, busy: result.busy };
      }
    }
  }

  #rest(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const cancel = this.#clock.setTimer(end, milliseconds);
      signal?.addEventListener("abort", end);
    });
  }
}
