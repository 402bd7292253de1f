// A change of all tasks that match a filter.

import type { BulkResult } from "../answers.ts";
import { send } from "../client.ts";
import { type BatchBody, BatchRun } from "./batch_run.ts";
import { noProgress, sendBatches } from "./bulk_batches.ts";
import type { BulkTarget } from "./bulk_filter.ts";

/** The verb of a bulk change, as in the URL of its route. */
export type BulkVerb = "retry" | "run" | "cancel" | "delete" | "edit";

/** All verbs, in the order of their buttons. */
export const bulkVerbs: readonly BulkVerb[] = ["retry", "run", "edit", "cancel", "delete"];

/** The verb of a change, as in the list of actions. */
export const actionVerbs = {
  retry: "retry",
  run: "runNow",
  cancel: "cancel",
  delete: "delete",
  edit: "edit",
} as const satisfies Record<BulkVerb, string>;

/**
 * The edit that a dry run sends, because the tasks are counted before the user enters the edit. An
 * edit of the due instant skips series, so it may change fewer tasks than the dry run counts.
 */
const anyEdit = { priority: 0 };

/** The number of batches after which a dry run stops. */
const mostDryBatches = 50;

/** A bulk change. */
export class BulkRun extends BatchRun {
  readonly verb: BulkVerb;
  readonly filter: Readonly<Record<string, unknown>>;
  readonly #sendBatch: (body: BatchBody, after: string | null) => Promise<BulkResult>;

  constructor(verb: BulkVerb, target: BulkTarget) {
    const sendBatch = (body: BatchBody, after: string | null) =>
      send<BulkResult>("POST", `bulk/${verb}`, {
        ...target,
        ...body,
        ...after !== null && { after },
      });
    super(actionVerbs[verb], sendBatch);
    this.#sendBatch = sendBatch;
    this.verb = verb;
    this.filter = target.filter;
  }

  /** Counts the tasks that would be changed, in a dry run whose result grows while it runs. */
  async count(): Promise<void> {
    let batches = 0;
    const edit = this.verb === "edit" ? { edit: anyEdit } : {};
    const goesOn = () =>
      ++batches < mostDryBatches && !this.isClosed && this.phase.value === "asking";
    try {
      await sendBatches(
        noProgress,
        (after) => this.#sendBatch({ ...edit, reason: "dry run", dryRun: true }, after),
        (progress) => this.expected.value = progress,
        goesOn,
      );
    } catch (error) {
      this.error.value = error;
    }
  }
}
