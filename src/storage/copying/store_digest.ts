// Counts the rows of a store, and computes a digest by which two stores can be compared.

import type { StorageCopying, StoreSettings, TaskWithHistory } from "../storage_copying.ts";
import { canonicalText } from "./canonical_task.ts";
import { pagesOf } from "./task_pages.ts";

/** The rows of a store, and their digest. */
export interface StoreDigest {
  /** The number of tasks. */
  readonly tasks: number;
  /** The number of status changes in the audit. */
  readonly statusAudit: number;
  /** The number of runs of series in the audit. */
  readonly runsAudit: number;
  /** The number of lines in the logs of tasks. */
  readonly executionLogs: number;
  /** The number of paused queues. */
  readonly pausedQueues: number;
  /** The number of keys of rate limits. */
  readonly rateLimits: number;
  /** The number of actions of operators. */
  readonly actions: number;
  /** The number of groups of failures. */
  readonly failureGroups: number;
  /** A SHA-256 hash of all rows, in hexadecimal. Stores with the same rows have the same hash. */
  readonly sha256: string;
}

/**
 * Reads a whole store.
 *
 * @param onTasks Called with the number of tasks read so far, after each page.
 */
export async function digestOf(
  store: StorageCopying,
  onTasks: (tasks: number) => void,
): Promise<StoreDigest> {
  const counts = { tasks: 0, statusAudit: 0, runsAudit: 0, executionLogs: 0 };
  const hash = new ChainedHash();
  for await (const page of pagesOf(store)) {
    for (const one of page) count(counts, one);
    await hash.add(page.map(canonicalText).join("\n"));
    onTasks(counts.tasks);
  }
  const settings = await store.exportSettings();
  await hash.add(settingsText(settings));
  return {
    ...counts,
    pausedQueues: settings.pausedQueues.length,
    rateLimits: settings.rateLimits.length,
    actions: settings.actions.length,
    failureGroups: settings.failureGroups.length,
    sha256: hash.hex,
  };
}

function count(
  counts: { tasks: number; statusAudit: number; runsAudit: number; executionLogs: number },
  { statusAudit, runsAudit, executionLogs }: TaskWithHistory,
): void {
  counts.tasks++;
  counts.statusAudit += statusAudit.length;
  counts.runsAudit += runsAudit.length;
  counts.executionLogs += executionLogs.length;
}

/** Returns the canonical text of settings. Sorts them, because stores compare texts differently. */
export function settingsText(settings: StoreSettings): string {
  const { pausedQueues, rateLimits, actions, failureGroups } = settings;
  return JSON.stringify([
    [...pausedQueues].sort(),
    rateLimits.map((limit) => [
      ...[limit.key, limit.reservedTatMs, limit.startedTatMs, limit.emissionIntervalMs],
      ...[limit.burst, limit.returnedSlots],
    ]).sort(([a], [b]) => a! < b! ? -1 : 1),
    actions.map((action) => [
      ...[action.doneAt, action.verb, action.by, action.reason, action.target.kind],
      ...[action.target.id, action.before, action.after, action.changed, action.skipped],
      action.next,
    ]),
    failureGroups.map((group) => [
      ...[group.id, group.type, group.summary, group.count, group.firstAt, group.lastAt],
      ...[group.firstVersion, group.lastVersion, group.taskId, group.exception],
      group.counts.map(({ startAt, count }) => [startAt, count]),
    ]).sort(([a], [b]) => a! < b! ? -1 : 1),
  ]);
}

/**
 * A hash of a sequence of texts. Each text is hashed together with the hash of all texts before it,
 * so only one text at a time is in memory.
 */
class ChainedHash {
  #hex = "";

  get hex(): string {
    return this.#hex;
  }

  async add(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(`${this.#hex}\n${text}`);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    this.#hex = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}
