// Delivers alerts one batch after the other, tries again after failures, and never holds more than it may.

import type { Clock } from "../../time/clock.ts";
import { nextMacrotask } from "../../time/macrotask.ts";
import { type Alert, type AlertChannel, AlertDeliveryError } from "./alert.ts";
import type { AlertSettings } from "./alert_options.ts";

const longestBackoffMs = 60_000;

/** What became of the alerts so far. */
export interface DeliveryCounts {
  /** They arrived. */
  readonly delivered: number;
  /** They did not: the queue was full, or no attempt succeeded. */
  readonly dropped: number;
}

/** The queue of one channel. */
export class DeliveryQueue {
  readonly #channel: AlertChannel;
  readonly #settings: AlertSettings;
  readonly #waiting: Alert[] = [];
  readonly #end = new AbortController();
  #working: Promise<void> | null = null;
  #delivered = 0;
  #dropped = 0;

  /** Makes an empty queue. */
  constructor(channel: AlertChannel, settings: AlertSettings) {
    this.#channel = channel;
    this.#settings = settings;
  }

  /** What became of the alerts so far. */
  get counts(): DeliveryCounts {
    return { delivered: this.#delivered, dropped: this.#dropped };
  }

  /** Takes an alert; drops it when the queue is full or has ended. Never waits. */
  add(alert: Alert): void {
    if (this.#end.signal.aborted || this.#waiting.length >= this.#settings.maxQueue) {
      this.#dropped++;
      this.#settings.logger.warn("An alert for {channel} was dropped: the queue is full", {
        channel: this.#channel.name,
      });
      return;
    }
    this.#waiting.push(alert);
    this.#working ??= this.#work();
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#working !== null) await this.#working;
  }

  /** Waits for what is under way, for so many milliseconds at most; then gives up on the rest. */
  async close(graceMs: number): Promise<void> {
    const stopTimer = this.#settings.clock.setTimer(() => this.#end.abort(), graceMs);
    await this.idle();
    stopTimer();
    this.#end.abort();
  }

  async #work(): Promise<void> {
    await new Promise<void>(nextMacrotask); // what happens in the same turn goes out together
    while (this.#waiting.length > 0) {
      await this.#deliver(this.#waiting.splice(0, this.#channel.batchSize ?? 1));
    }
    this.#working = null; // in the same step as the last look, so that no alert comes in between
  }

  async #deliver(batch: readonly Alert[]): Promise<void> {
    const { attempts, backoffMs, clock, logger } = this.#settings;
    const { signal } = this.#end;
    const channel = this.#channel.name;
    let missing = batch;
    for (let attempt = 1;; attempt++) {
      let problem: AlertDeliveryError;
      try {
        signal.throwIfAborted();
        await this.#send(missing);
        this.#delivered += missing.length;
        return;
      } catch (error) {
        problem = error instanceof AlertDeliveryError
          ? error
          : new AlertDeliveryError(String(error), { cause: error });
      }
      const stillMissing = problem.undelivered ?? missing;
      this.#delivered += missing.length - stillMissing.length;
      missing = stillMissing;
      if (missing.length === 0) return;
      if (problem.permanent || attempt >= attempts || signal.aborted) {
        this.#dropped += missing.length;
        const details = { count: missing.length, channel, attempt, error: problem };
        logger.error(
          "{count} alerts for {channel} are lost after {attempt} attempts: {error}",
          details,
        );
        return;
      }
      const backoff = Math.min(longestBackoffMs, backoffMs * 2 ** (attempt - 1));
      await pause(Math.max(backoff, problem.retryAfterMs ?? 0), clock, signal);
    }
  }

  /** Sends within the timeout, also through a channel that does not heed its signal. */
  async #send(alerts: readonly Alert[]): Promise<void> {
    const { clock, timeoutMs } = this.#settings;
    const { promise, reject } = Promise.withResolvers<never>();
    const timeout = new AbortController();
    const abort = (reason: unknown): void => {
      timeout.abort(reason);
      reject(reason);
    };
    const onEnd = (): void => abort(new AlertDeliveryError("alerts are being closed"));
    const stopTimer = clock.setTimer(
      () => abort(new AlertDeliveryError(`no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    this.#end.signal.addEventListener("abort", onEnd);
    try {
      await Promise.race([this.#channel.send(alerts, timeout.signal), promise]);
    } finally {
      stopTimer();
      this.#end.signal.removeEventListener("abort", onEnd);
    }
  }
}

/** Waits; shorter if the signal aborts. */
function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stopTimer();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const stopTimer = clock.setTimer(done, ms, { unref: true });
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
