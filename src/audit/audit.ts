// The audit tables as an application sees them: how fast they grow, and what may go.

import type { AuditGrowth, PurgeResult, RetentionPolicy } from "../storage/requests.ts";
import type { Storage } from "../storage/storage.ts";

/** Rows in one batch of a purge: short transactions that leave room for tasks. */
const batchRows = 5_000;

/** Growth and retention; `everTask.audit`. */
export class Audit {
  readonly #opened: () => Promise<Storage>;

  /**
   * Made by `createEverTask`.
   *
   * @param opened Gives storage once it is open.
   */
  constructor(opened: () => Promise<Storage>) {
    this.#opened = opened;
  }

  /** Rows, first and last instant, and average rows a day of the audit tables and the execution log. */
  async growth(): Promise<readonly AuditGrowth[]> {
    return await (await this.#opened()).auditGrowth();
  }

  /**
   * Deletes what the policy allows, in bounded batches, until nothing is left to delete. If another process is purging at the
   * moment, `busy` is set and nothing is done.
   *
   * @param options `dryRun` only counts.
   */
  async purge(
    policy: RetentionPolicy,
    options: { readonly dryRun?: boolean } = {},
  ): Promise<PurgeResult> {
    const storage = await this.#opened();
    const { dryRun = false } = options;
    const total = { statusAudit: 0, runsAudit: 0, executionLog: 0, tasks: 0 };
    while (true) {
      const budget = dryRun ? Number.MAX_SAFE_INTEGER : batchRows;
      const result = await storage.purge(policy, { budget, dryRun });
      total.statusAudit += result.statusAudit;
      total.runsAudit += result.runsAudit;
      total.executionLog += result.executionLog;
      total.tasks += result.tasks;
      if (result.done || result.busy || dryRun) {
        return { ...total, done: result.done, busy: result.busy };
      }
    }
  }
}
