// The alerts that wait for delivery: bounded in number and in memory, in the order in which they
// are to be tried.

import type { Alert } from "./alert.ts";
import { mostText, textLength } from "./text_length.ts";

/** An alert, and how many attempts to deliver it have failed. */
export interface WaitingAlert {
  readonly alert: Alert;
  attempts: number;
}

/** After this many attempts, an alert is tried after the others: the fault may be its own. */
const patience = 5;

/** The queue itself: no delivery, no pauses. */
export class WaitingAlerts {
  readonly #maxCount: number;
  readonly #inOrder: boolean;
  readonly #first: WaitingAlert[] = [];
  /** Those that have failed often. */
  readonly #stubborn: WaitingAlert[] = [];
  #textLength = 0;

  /**
   * @param maxCount How many may wait.
   * @param inOrder Whether none may be tried before one that is older.
   */
  constructor(maxCount: number, inOrder: boolean) {
    this.#maxCount = maxCount;
    this.#inOrder = inOrder;
  }

  /** How many wait. */
  get count(): number {
    return this.#first.length + this.#stubborn.length;
  }

  /** Whether all that wait have failed often. */
  get areStubborn(): boolean {
    return this.#first.length === 0;
  }

  /** Adds an alert at the end; returns false when there is no room for it. */
  add(alert: Alert): boolean {
    // An alert that exceeds the limit on its own may still wait alone.
    const isTooLong = this.count > 0 && this.#textLength + textLength(alert.event) > mostText;
    if (isTooLong || this.count >= this.#maxCount) return false;
    this.#textLength += textLength(alert.event);
    this.#first.push({ alert, attempts: 0 });
    return true;
  }

  /**
   * Takes back, in their order, alerts that could not be delivered: there is always room for them.
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
