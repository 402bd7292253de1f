// Alerts, and the channels that send them.

import { EverTaskError } from "../../guards/errors.ts";
import type { TaskEvent } from "../../events/task_event.ts";
import type { AlertOptions } from "./alert_options.ts";

/** A notification about task events. */
export interface Alert {
  /**
   * A random UUID. It is the same in all deliveries of the alert, so that receivers can detect
   * duplicates.
   */
  readonly id: string;
  /** The event; the latest one if the alert represents several. */
  readonly event: TaskEvent;
  /** The number of events of the same key that the alert represents. */
  readonly count: number;
  /**
   * The number of events that `maxPerMinute` has suppressed since the previous alert.
   */
  readonly suppressed: number;
}

/** A destination of alerts: one of the channels of this module, or a custom one. */
export interface AlertChannel {
  /** The name of the channel in logs. */
  readonly name: string;
  /** Default options of the channel, which the options of {@linkcode sendAlerts} override. */
  readonly defaults?: AlertOptions;
  /**
   * The maximum number of alerts in one delivery.
   * @default 1
   */
  readonly batchSize?: number;
  /**
   * Whether alerts must arrive in the order of their events. If true, an alert that cannot be
   * delivered blocks the following alerts. If false, the following alerts are tried before it is
   * retried.
   * @default false
   */
  readonly inOrder?: boolean;
  /**
   * Delivers alerts.
   *
   * @param alerts At least one, at most `batchSize`.
   * @param signal Aborts if the delivery takes too long.
   * @throws {AlertDeliveryError} Tells whether and when to retry. After any other error, the
   * delivery is retried.
   */
  send(alerts: readonly Alert[], signal: AbortSignal): Promise<void>;
}

/** The details of an {@linkcode AlertDeliveryError}. */
export interface DeliveryProblem extends ErrorOptions {
  /**
   * Whether a retry cannot succeed.
   * @default false
   */
  readonly permanent?: boolean;
  /** The time after which the receiver asks for a retry, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The alerts of the delivery that have not arrived. @default all alerts */
  readonly undelivered?: readonly Alert[];
  /** Those of `undelivered` that a retry cannot deliver, while others can be retried. @default none */
  readonly refused?: readonly Alert[];
}

/** A channel could not deliver alerts. The message contains no secrets, such as webhook URLs. */
export class AlertDeliveryError extends EverTaskError {
  /** `AlertDeliveryError` */
  override name = "AlertDeliveryError";
  /** Whether a retry cannot succeed. */
  readonly permanent: boolean;
  /** The time after which the receiver asks for a retry, in milliseconds; null if unknown. */
  readonly retryAfterMs: number | null;
  /** The alerts that were not delivered; null for all. */
  readonly undelivered: readonly Alert[] | null;
  /** The alerts that a retry cannot deliver, while others can be retried. */
  readonly refused: readonly Alert[];

  /** Creates the error. */
  constructor(message: string, problem: DeliveryProblem = {}) {
    super(message, problem);
    this.permanent = problem.permanent ?? false;
    this.retryAfterMs = problem.retryAfterMs ?? null;
    this.undelivered = problem.undelivered ?? null;
    this.refused = problem.refused ?? [];
  }
}
