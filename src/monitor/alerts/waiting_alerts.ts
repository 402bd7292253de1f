// The alerts that wait for delivery, in the order of their attempts, with a limited number and
// size.

import type { Alert } from "./alert.ts";
import { mostText, textLength } from "./text_length.ts";

/** An alert, and the number of failed attempts to deliver it. */
export interface WaitingAlert {
  readonly alert: Alert;
  attempts: number;
}

/**
 * The number of failed attempts after which an alert is tried after all other alerts, because the
 * alert itself may be the cause.
 */
const patience = 5;

/** The queue, without delivery or pauses. */
export class WaitingAlerts {
  readonly #maxCount: number;
  readonly #inOrder: boolean;
  readonly #first: WaitingAlert[] = [];
  /** The alerts with at least `patience` failed attempts, which are tried last. */
  readonly #stubborn: WaitingAlert[] = [];
  #textLength = 0;

  /**
   * @param maxCount The maximum number of waiting alerts.
   * @param inOrder Whether no alert may be tried before an older one.
   */
  constructor(maxCount: number, inOrder: boolean) {
    this.#maxCount = maxCount;
    this.#inOrder = inOrder;
  }

  /** The number of waiting alerts. */
  get count(): number {
    return this.#first.length + this.#stubborn.length;
  }

  /** Whether all waiting alerts have failed often. */
  get areStubborn(): boolean {
    return this.#first.length === 0;
  }

  /** Adds an alert at the end. Returns false if there is no room for it. */
  add(alert: Alert): boolean {
    // An alert that exceeds the limit on its own may still wait alone.
    const isTooLong = this.count > 0 && this.#textLength + textLength(alert.event) > mostText;
    if (isTooLong || this.count >= this.#maxCount) return false;
    this.#textLength += textLength(alert.event);
    this.#first.push({ alert, attempts: 0 });
    return true;
  }

  /**
   * Puts back alerts that could not be delivered: at the beginning or, after `patience` attempts
   * and unless they are tried in order, at the end. Ignores the limits.
   */
  putBack(alerts: readonly WaitingAlert[]): void {
    for (const { alert } of alerts) this.#textLength += textLength(alert.event);
    const isStubborn = ({ attempts }: WaitingAlert) => !this.#inOrder && attempts >= patience;
    this.#first.unshift(...alerts.filter((waiting) => !isStubborn(waiting)));
    this.#stubborn.push(...alerts.filter(isStubborn));
  }

  /** Removes and returns the alerts to be tried next, at most `count`. */
  take(count: number): WaitingAlert[] {
    const alerts = (this.areStubborn ? this.#stubborn : this.#first).splice(0, count);
    for (const { alert } of alerts) this.#textLength -= textLength(alert.event);
    return alerts;
  }

  /** Removes and returns all alerts. */
  takeAll(): WaitingAlert[] {
    return [...this.take(Infinity), ...this.take(Infinity)];
  }
}
