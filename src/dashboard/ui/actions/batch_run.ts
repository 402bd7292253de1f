// The state of one change that is made in batches: how much it concerns, and how far it is.

import { type Signal, signal } from "@preact/signals";
import type { Action, Actions, BulkResult } from "../answers.ts";
import { read } from "../client.ts";
import { reload } from "../live.ts";
import { seesWholeStore } from "../rights.ts";
import { type BulkProgress, noProgress, sendBatches } from "./bulk_batches.ts";

/** The phase of a change. */
export type BatchPhase = "asking" | "running" | "stopping" | "stopped" | "failed" | "done";

/** The members of a request that are the same for all batches. */
export type BatchBody = Readonly<Record<string, unknown>>;

/** Makes one batch, which begins at `after`. */
export type SendBatch = (body: BatchBody, after: string | null) => Promise<BulkResult>;

/** A change that is made in batches. */
export class BatchRun {
  /** The verb in the list of actions. */
  readonly actionVerb: string;
  readonly phase: Signal<BatchPhase> = signal("asking");
  /** What the change would do, as far as it is known. */
  readonly expected: Signal<BulkProgress> = signal(noProgress);
  readonly progress: Signal<BulkProgress> = signal(noProgress);
  readonly error: Signal<unknown> = signal(null);
  readonly #send: SendBatch;
  #body: BatchBody = {};
  #isClosed = false;

  constructor(actionVerb: string, sendBatch: SendBatch) {
    this.actionVerb = actionVerb;
    this.#send = sendBatch;
  }

  /** Whether the dialog is closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Makes the change. */
  async start(body: BatchBody): Promise<void> {
    this.#body = body;
    await this.#run();
  }

  /** Takes over a change that was stopped, such as by an error or in another browser. */
  takeOver(body: BatchBody, { id, changed, next }: Action): void {
    this.#body = body;
    this.progress.value = { ...noProgress, changed, next, actionId: id };
    this.phase.value = "stopped";
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
    const { items } = await read<Actions>(`actions?verb=${this.actionVerb}&limit=100`);
    const action = items.find(({ id }) => id === actionId);
    if (action === undefined || action.next === this.progress.value.next) return;
    const { changed, next } = action;
    this.progress.value = { ...this.progress.value, changed, next, isComplete: next === null };
  }
}
