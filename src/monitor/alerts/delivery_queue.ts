// Delivers alerts one batch after the other, and retries for hours after failures.

import { headlineOf } from "../../thrown/describe_error.ts";
import { isInstance } from "../../thrown/reading.ts";
import { nextMacrotask } from "../../time/macrotask.ts";
import { type Alert, type AlertChannel, AlertDeliveryError } from "./alert.ts";
import type { AlertSettings } from "./alert_options.ts";
import { type WaitingAlert, WaitingAlerts } from "./waiting_alerts.ts";

/** The longest pause between attempts, unless the receiver asks for a longer pause. */
const longestBackoffMs = 15 * 60_000;
/**
 * The longest pause that a receiver can ask for, so that one answer cannot block a channel for a
 * year.
 */
const longestAskedMs = 60 * 60_000;

/** The counts of alerts so far. */
export interface DeliveryCounts {
  /** The number of delivered alerts. */
  readonly delivered: number;
  /**
   * The number of alerts that were not delivered, because the queue was full or all attempts
   * failed.
   */
  readonly dropped: number;
}

const closed = () =>
  new AlertDeliveryError("the alerts were closed before they could be delivered");

/** The queue of one channel. */
export class DeliveryQueue {
  readonly #channel: AlertChannel;
  readonly #settings: AlertSettings;
  readonly #waiting: WaitingAlerts;
  readonly #end = new AbortController();
  #working: Promise<void> | null = null;
  #delivered = 0;
  #dropped = 0;
  /** The number of consecutive failed deliveries. */
  #failures = 0;
  /** Whether the warning about dropped alerts was logged since the queue became full. */
  #saidFull = false;
  #isClosing = false;
  #endPause: () => void = () => {};
  /** Ends a pause when another alert arrives, unless the receiver has asked for the pause. */
  #endOwnPause: () => void = () => {};

  /** Creates an empty queue. */
  constructor(channel: AlertChannel, settings: AlertSettings) {
    this.#channel = channel;
    this.#settings = settings;
    this.#waiting = new WaitingAlerts(settings.maxQueue, channel.inOrder ?? false);
  }

  /** The counts of alerts so far. */
  get counts(): DeliveryCounts {
    return { delivered: this.#delivered, dropped: this.#dropped };
  }

  /** Adds an alert, or drops it if the queue is full or closed. Never waits. */
  add(alert: Alert): void {
    const isAnother = this.#waiting.areStubborn;
    const isClosed = this.#end.signal.aborted;
    if (isClosed || !this.#waiting.add(alert)) {
      this.#dropped++;
      if (!isClosed) this.#sayFull();
      return;
    }
    if (isAnother) this.#endOwnPause();
    this.#working ??= this.#work();
  }

  /** Resolves when no alert waits. */
  async idle(): Promise<void> {
    while (this.#working !== null) await this.#working;
  }

  /** Tries once more to deliver the waiting alerts, for at most `graceMs`, and drops the rest. */
  async close(graceMs: number): Promise<void> {
    const stopTimer = this.#settings.clock.setTimer(() => this.#end.abort(), graceMs);
    this.#isClosing = true;
    this.#endPause();
    await this.idle();
    stopTimer();
    this.#end.abort();
  }

  #sayFull(): void {
    if (this.#saidFull) return;
    this.#saidFull = true;
    this.#settings.logger.warn(
      "Alerts for {channel} are dropped: the queue is full, {waiting} wait",
      {
        channel: this.#channel.name,
        waiting: this.#waiting.count,
      },
    );
  }

  async #work(): Promise<void> {
    await new Promise<void>(nextMacrotask); // events of the same turn are delivered together
    while (this.#waiting.count > 0 && !this.#end.signal.aborted) {
      const problem = await this.#deliver(this.#waiting.take(this.#channel.batchSize ?? 1));
      if (problem !== null && this.#waiting.count > 0) await this.#pause(problem);
    }
    this.#giveUp(this.#waiting.takeAll(), closed());
    this.#saidFull = false;
    // Cleared in the same turn as the last check, so that no alert is added in between.
    this.#working = null;
  }

  /**
   * Tries a batch once, and queues failed alerts for a retry.
   *
   * @returns The error that requires a pause; null if the next batch may follow at once.
   */
  async #deliver(batch: readonly WaitingAlert[]): Promise<AlertDeliveryError | null> {
    let problem: AlertDeliveryError;
    try {
      await this.#send(batch.map(({ alert }) => alert));
      this.#delivered += batch.length;
      this.#failures = 0;
      return null;
    } catch (error) {
      problem = isInstance(error, AlertDeliveryError)
        ? error
        : new AlertDeliveryError(headlineOf(error), { cause: error });
    }
    const { undelivered, permanent, refused } = problem;
    const missing = batch.filter(({ alert }) => undelivered?.includes(alert) ?? true);
    this.#delivered += batch.length - missing.length;
    if (missing.length === 0) return null;
    // A receiver that rejects one alert permanently is reachable, and may accept others.
    this.#failures = permanent ? 0 : this.#failures + 1;
    for (const waiting of missing) waiting.attempts++;
    const isLast = permanent || this.#isClosing;
    const isLost = ({ alert, attempts }: WaitingAlert) =>
      isLast || attempts >= this.#settings.attempts || refused.includes(alert);
    this.#waiting.putBack(missing.filter((waiting) => !isLost(waiting)));
    this.#giveUp(missing.filter(isLost), problem);
    return isLast ? null : problem;
  }

  #giveUp(lost: readonly WaitingAlert[], error: AlertDeliveryError): void {
    if (lost.length === 0) return;
    this.#dropped += lost.length;
    this.#settings.logger.error(
      "{count} alerts for {channel} are lost after {attempts} attempts: {error}",
      {
        count: lost.length,
        channel: this.#channel.name,
        attempts: Math.max(...lost.map(({ attempts }) => attempts)),
        error,
      },
    );
  }

  /** Sends within the timeout, even if the channel ignores its signal. */
  async #send(alerts: readonly Alert[]): Promise<void> {
    const { clock, timeoutMs } = this.#settings;
    const { promise, reject } = Promise.withResolvers<never>();
    const timeout = new AbortController();
    const abort = (reason: unknown): void => {
      timeout.abort(reason);
      reject(reason);
    };
    const onEnd = (): void => abort(closed());
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

  /** Waits before the next attempt, unless the queue is being closed. */
  async #pause(error: AlertDeliveryError): Promise<void> {
    if (this.#isClosing) return;
    const { clock, logger } = this.#settings;
    const askedMs = error.retryAfterMs || 0;
    const pauseMs = Math.max(this.#backoffMs, Math.min(askedMs, longestAskedMs));
    const channel = this.#channel.name;
    logger.warn(
      "Alerts for {channel} cannot be delivered, {waiting} wait; the next attempt is in {pauseMs} ms: {error}",
      { channel, waiting: this.#waiting.count, pauseMs, error },
    );
    if (askedMs > pauseMs) {
      logger.warn("{channel} asked for a pause of {askedMs} ms; it gets one of {pauseMs} ms", {
        channel,
        askedMs,
        pauseMs,
      });
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const stopTimer = clock.setTimer(resolve, pauseMs, { unref: true });
    this.#endPause = resolve;
    if (askedMs === 0) this.#endOwnPause = resolve;
    await promise;
    this.#endOwnPause = () => {};
    stopTimer();
  }

  /** The pause after a failure, doubled with each consecutive failure. */
  get #backoffMs(): number {
    const { backoffMs } = this.#settings;
    const doubled = backoffMs * 2 ** Math.min(this.#failures - 1, 30);
    return Math.min(doubled, Math.max(backoffMs, longestBackoffMs));
  }
}
