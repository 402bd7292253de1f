// The metrics of dispatches and executions, by the semantic conventions for messaging clients.
// https://opentelemetry.io/docs/specs/semconv/messaging/messaging-metrics/

import type { Attributes, Counter, Histogram, Meter } from "@opentelemetry/api";

/** The bucket boundaries that the conventions recommend, in seconds. */
const boundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** The instruments of the metrics. */
export class Instruments {
  readonly #sent: Counter;
  readonly #consumed: Counter;
  readonly #dispatchDuration: Histogram;
  readonly #processDuration: Histogram;
  readonly #wait: Histogram;

  /** Creates the instruments. */
  constructor(meter: Meter) {
    const histogram = (name: string, description: string): Histogram =>
      meter.createHistogram(name, {
        description,
        unit: "s",
        advice: { explicitBucketBoundaries: boundaries },
      });
    this.#sent = meter.createCounter("messaging.client.sent.messages", {
      description: "Tasks that a dispatch tried to store",
      unit: "{message}",
    });
    this.#consumed = meter.createCounter("messaging.client.consumed.messages", {
      description: "Executions started",
      unit: "{message}",
    });
    this.#dispatchDuration = histogram(
      "messaging.client.operation.duration",
      "Time to store tasks",
    );
    this.#processDuration = histogram("messaging.process.duration", "How long executions took");
    this.#wait = histogram(
      "evertask.task.wait",
      "Time from the due instant of tasks to their start",
    );
  }

  /** Counts dispatched tasks. Failed dispatches have `error.type` in the attributes. */
  dispatched(count: number, durationMs: number, attributes: Attributes): void {
    this.#sent.add(count, attributes);
    this.#dispatchDuration.record(durationMs / 1000, attributes);
  }

  /** Records the start of an execution. */
  started(waitMs: number, attributes: Attributes): void {
    this.#consumed.add(1, attributes);
    this.#wait.record(waitMs / 1000, attributes);
  }

  /** Records the end of an execution. Failed executions have `error.type` in the attributes. */
  ended(durationMs: number, attributes: Attributes): void {
    this.#processDuration.record(durationMs / 1000, attributes);
  }
}
