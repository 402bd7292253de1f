// Runs one attempt of a handler. The handler's signal aborts at the timeout, or when the test
// aborts its own signal. A handler that runs on after the abort is given up after a grace period.

import { EverTaskError } from "../../guards/errors.ts";
import { isInstance } from "../../thrown/reading.ts";
import type { Clock } from "../../time/clock.ts";
import { TaskCancelledError, TimeoutError } from "../../task/abort_reasons.ts";
import type { Job } from "../../worker/job.ts";

/** The limits of an attempt. */
export interface AttemptLimits {
  readonly clock: Clock;
  /** The signal with which the test aborts the attempt. */
  readonly signal: AbortSignal | undefined;
  /** The timeout in milliseconds; Infinity for none. */
  readonly timeoutMs: number;
  readonly graceMs: number;
}

/** The end of a handler. */
export interface HandlerEnd {
  /**
   * The error that the handler threw, or the reason why the handler was given up; undefined if the
   * handler returned.
   */
  readonly failure: { readonly error: unknown } | undefined;
  /** Whether the handler was given up. */
  readonly stuck: boolean;
}

/** Runs a handler until it ends, or until the grace period after an abort has passed. */
export function runAttempt(
  job: Job,
  handle: () => void | Promise<void>,
  { clock, signal, timeoutMs, graceMs }: AttemptLimits,
): Promise<HandlerEnd> {
  return new Promise((resolve) => {
    let disarm = clock.setTimer(() => abort(new TimeoutError(timeoutMs)), timeoutMs);
    const abort = (reason: Error) => {
      if (job.attempt.abortReason !== undefined) return;
      disarm();
      disarm = clock.setTimer(() => end({ error: reason }, true), graceMs);
      job.attempt.abort(reason);
    };
    const onAbort = () => {
      const { reason } = signal!;
      abort(isInstance(reason, EverTaskError) ? reason : new TaskCancelledError(job.task.id));
    };
    const end = (failure: HandlerEnd["failure"], stuck = false) => {
      disarm();
      signal?.removeEventListener("abort", onAbort);
      resolve({ failure, stuck });
    };
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    const handling = (async () => await handle())();
    handling.then(() => end(undefined), (error) => end({ error }));
  });
}
