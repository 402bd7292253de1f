// Alerts from a bus of the test to a channel that records them, with a fake clock.

import { type Logger, type LogProperties, silentLogger } from "../../../src/log/logger.ts";
import {
  type Alert,
  type AlertChannel,
  type AlertOptions,
  sendAlerts,
} from "../../../src/monitor/alerts/mod.ts";
import { FakeClock } from "../../../src/testing/fake_clock.ts";
import { EventSourceForTests } from "./event_source.ts";

/** A channel that records alerts. First it fails with each of `failures`. */
export class KeepingChannel implements AlertChannel {
  readonly name = "test";
  readonly batchSize: number;
  readonly inOrder: boolean;
  readonly arrived: Alert[] = [];
  /** The errors that the next deliveries throw. */
  readonly failures: unknown[] = [];
  attempts = 0;

  constructor(batchSize = 1, inOrder = false) {
    this.batchSize = batchSize;
    this.inOrder = inOrder;
  }

  send(alerts: readonly Alert[], _signal: AbortSignal): Promise<void> {
    this.attempts++;
    const failure = this.failures.shift();
    if (failure !== undefined) return Promise.reject(failure);
    this.arrived.push(...alerts);
    return Promise.resolve();
  }

  get summary(): [kind: string, count: number, suppressed: number][] {
    return this.arrived.map(({ event, count, suppressed }) => [event.kind, count, suppressed]);
  }
}

/** Sends alerts of a test's events to `channel`, and records the warnings that are logged. */
export function startAlerts(
  options: AlertOptions = {},
  channel: AlertChannel & KeepingChannel = new KeepingChannel(),
) {
  const events = new EventSourceForTests();
  const clock = new FakeClock();
  const warnings: string[] = [];
  const details: LogProperties[] = [];
  const note = (message: string, properties: LogProperties = {}) => {
    warnings.push(message);
    details.push(properties);
  };
  const logger: Logger = { ...silentLogger, warn: note, error: note };
  const alerts = sendAlerts({ events }, channel, { clock, logger, ...options });
  return { events, clock, channel, alerts, warnings, details };
}
