// The state of one bulk change: how many tasks it concerns, and how far it is.

import { type Signal, signal } from "@preact/signals";
import type { Action, Actions, BulkResult } from "../answers.ts";
import { read, send } from "../client.ts";
import { reload } from "../live.ts";
import { seesWholeStore } from "../rights.ts";
import { type BulkProgress, noProgress, sendBatches } from "./bulk_batches.ts";

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

/** A change that decides like every edit, for the dry run of an edit. */
const anyEdit = { priority: 0 };

/** The number of batches after which a dry run stops. */
const mostDryBatches = 50;

/** The phase of a change. */
export type BulkPhase = "asking" | "running" | "stopping" | "stopped" | "failed" | "done";

/** A bulk change. */
export class BulkRun {
  readonly verb: BulkVerb;
  readonly filter: Readonly<Record<string, unknown>>;
  readonly phase: Signal<BulkPhase> = signal("asking");
  /** The result of the dry run, which grows while it runs. */
  readonly expected: Signal<BulkProgress> = signal(noProgress);
  readonly progress: Signal<BulkProgress> = signal(noProgress);
  readonly error: Signal<unknown> = signal(null);
  #body: Readonly<Record<string, unknown>> = {};
  #isClosed = false;

  constructor(verb: BulkVerb, filter: Readonly<Record<string, unknown>>) {
    this.verb = verb;
    this.filter = filter;
  }

  /** Returns a change that was stopped, such as by an error or in another browser. */
  static stopped(
    verb: BulkVerb,
    filter: Readonly<Record<string, unknown>>,
    body: Readonly<Record<string, unknown>>,
    { id, changed, next }: Action,
  ): BulkRun {
    const run = new BulkRun(verb, filter);
    run.#body = body;
    run.progress.value = { ...noProgress, changed, next, actionId: id };
    run.phase.value = "stopped";
    return run;
  }

  /** Counts the tasks that would be changed. */
  async count(): Promise<void> {
    let batches = 0;
    const edit = this.verb === "edit" ? { edit: anyEdit } : {};
    const goesOn = () =>
      ++batches < mostDryBatches && !this.#isClosed && this.phase.value === "asking";
    try {
      await sendBatches(
        noProgress,
        (after) => this.#send({ ...edit, reason: "dry run", dryRun: true }, after),
        (progress) => this.expected.value = progress,
        goesOn,
      );
    } catch (error) {
      this.error.value = error;
    }
  }

  /** Makes the change. */
  async start(body: Readonly<Record<string, unknown>>): Promise<void> {
    this.#body = body;
    await this.#run();
  }

  /** Makes no further batch. */
  stop(): void {
    if (this.phase.value === "running") this.phase.value = "stopping";
  }

  /** Stops because the dialog is closed. */
  close(): void {
    this.#isClosed = true;
    this.stop();
  }

  /** Continues after an error or a stop. */
  async resume(): Promise<void> {
    await this.#run(() => this.#readProgress());
  }

  async #run(before?: () => Promise<void>): Promise<void> {
    this.phase.value = "running";
    this.error.value = null;
    try {
      await before?.();
      await sendBatches(
        this.progress.value,
        (after) => this.#send(this.#body, after),
        (progress) => this.progress.value = progress,
        () => this.phase.value === "running",
      );
      this.phase.value = this.progress.value.isComplete ? "done" : "stopped";
    } catch (error) {
      this.error.value = error;
      this.phase.value = "failed";
    }
    reload();
  }

  /**
   * Reads from the list of actions how far the change is. If the response to a batch was lost, the
   * batch may have been applied nevertheless, and the server refuses to repeat it.
   */
  async #readProgress(): Promise<void> {
    const { actionId } = this.progress.value;
    if (actionId === null || !seesWholeStore()) return;
    const { items } = await read<Actions>(`actions?verb=${actionVerbs[this.verb]}&limit=100`);
    const action = items.find(({ id }) => id === actionId);
    if (action === undefined || action.next === this.progress.value.next) return;
    const { changed, next } = action;
    this.progress.value = { ...this.progress.value, changed, next, isComplete: next === null };
  }

  #send(body: Readonly<Record<string, unknown>>, after: string | null): Promise<BulkResult> {
    const request = { filter: this.filter, ...body, ...after !== null && { after } };
    return send<BulkResult>("POST", `bulk/${this.verb}`, request);
  }
}
