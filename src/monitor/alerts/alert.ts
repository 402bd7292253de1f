// Alerts, and the channels that send them.

import { EverTaskError } from "../../guards/errors.ts";
import type { TaskEvent } from "../../events/task_event.ts";
import type { AlertOptions } from "./alert_options.ts";

/** A notification about task events. */
export interface Alert {
  /**
   * A random UUID; stays the same when the delivery is retried, so that receivers can detect
   * duplicates.
   */
  readonly id: string;
  /** The event; the latest one if the alert sums up several. */
  readonly event: TaskEvent;
  /** How many events of the same key the alert sums up. */
  readonly count: number;
  /** How many other events were left out before it because there were too many. */
  readonly suppressed: number;
}

/** A destination of alerts: one of the channels of this module, or your own. */
export interface AlertChannel {
  /** Names the channel in logs. */
  readonly name: string;
  /** What suits the channel; options of {@linkcode sendAlerts} go before these. */
  readonly defaults?: AlertOptions;
  /**
   * How many alerts it takes at once.
   * @default 1
   */
  readonly batchSize?: number;
  /**
   * Whether alerts must arrive in the order of their events. If so, an alert that cannot be
   * delivered blocks those behind it. If not, those are tried before it is retried.
   * @default false
   */
  readonly inOrder?: boolean;
  /**
   * Delivers alerts.
   *
   * @param alerts At least one, at most `batchSize`.
   * @param signal Aborts when the delivery takes too long.
   * @throws {AlertDeliveryError} With whether and when to retry. After any other error it is
   * retried.
   */
  send(alerts: readonly Alert[], signal: AbortSignal): Promise<void>;
}

/** What {@linkcode AlertDeliveryError} knows beside the message. */
export interface DeliveryProblem extends ErrorOptions {
  /**
   * Trying again will not help.
   * @default false
   */
  readonly permanent?: boolean;
  /** When the receiver wants to be asked again, in milliseconds from now. */
  readonly retryAfterMs?: number;
  /** The alerts that have not arrived, if the others have. */
  readonly undelivered?: readonly Alert[];
}

/** A channel could not deliver. The message names no secrets: webhook addresses are some. */
export class AlertDeliveryError extends EverTaskError {
  /** `AlertDeliveryError` */
  override name = "AlertDeliveryError";
  /** Trying again will not help. */
  readonly permanent: boolean;
  /** When the receiver wants to be asked again, in milliseconds; null when it did not say. */
  readonly retryAfterMs: number | null;
  /** The alerts that have not arrived; null means all. */
  readonly undelivered: readonly Alert[] | null;

  /** Keeps the problem beside the message. */
  constructor(message: string, problem: DeliveryProblem = {}) {
    super(message, problem);
    this.permanent = problem.permanent ?? false;
    this.retryAfterMs = problem.retryAfterMs ?? null;
    this.undelivered = problem.undelivered ?? null;
  }
}
