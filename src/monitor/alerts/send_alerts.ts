// Converts events to alerts: filters, deduplicates and limits them, and passes them to the delivery
// queue. This costs only a few lookups per event and does not delay tasks.

import {
  checkCount,
  checkMethods,
  checkSecretOptions,
  checkText,
  hidden,
} from "../../guards/argument_checks.ts";
import { answerAtOnce } from "../../guards/calls.ts";
import type { TaskEvent } from "../../events/task_event.ts";
import { type Duration, toMilliseconds } from "../../time/duration.ts";
import { nextMacrotask } from "../../time/macrotask.ts";
import { checkOrigin, type EventOrigin } from "../monitored.ts";
import type { AlertChannel } from "./alert.ts";
import {
  type AlertOptions,
  type AlertSettings,
  alertSettings,
  optionNames,
} from "./alert_options.ts";
import { Deduplication } from "./deduplication.ts";
import { DeliveryQueue } from "./delivery_queue.ts";
import { TotalLimit } from "./total_limit.ts";

/** The numbers of delivered, dropped and suppressed alerts. */
export interface AlertCounts {
  /** The number of delivered alerts. */
  readonly delivered: number;
  /** The number of alerts that were dropped: the queue was full, or all attempts failed. */
  readonly dropped: number;
  /** The number of events that were suppressed because there were too many. */
  readonly suppressed: number;
}

/** A running delivery of alerts. */
export interface Alerts {
  /** The counts of alerts so far. */
  readonly counts: AlertCounts;
  /**
   * Resolves when all waiting alerts were delivered or dropped, which takes hours if the receiver
   * cannot be reached.
   */
  flush(): Promise<void>;
  /**
   * Unsubscribes, sends the aggregated events, and tries once more to deliver the queued alerts.
   * Alerts that fail are lost.
   *
   * @param timeout The maximum duration. Default 5 seconds.
   */
  close(timeout?: Duration): Promise<void>;
}

/**
 * Sends an instance's events to a channel until it is closed.
 *
 * @throws {InvalidArgumentError} If an option is invalid.
 *
 * @example
 * ```ts
 * import { createEverTask } from "@evertask/evertask";
 * import { memoryStorage } from "@evertask/evertask/memory";
 * import { sendAlerts, slackChannel } from "@evertask/evertask/alerts";
 *
 * const everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
 * const alerts = sendAlerts(
 *   everTask,
 *   slackChannel({ webhookUrl: "https://hooks.slack.com/services/T0/B0/secret" }),
 *   { types: ["charge-card"], repeatAfter: { minutes: 15 } },
 * );
 *
 * await everTask.stop();
 * await alerts.close();
 * ```
 */
export function sendAlerts(
  everTask: EventOrigin,
  channel: AlertChannel,
  options: AlertOptions = {},
): Alerts {
  checkOrigin(everTask);
  checkMethods(
    channel,
    ["send"],
    "channel",
    "be a channel: slackChannel(…), or an object with send",
    hidden(channel), // hidden, because it may be a webhook's address
  );
  checkText(channel.name, "channel.name");
  if (channel.batchSize !== undefined) checkCount(channel.batchSize, "channel.batchSize");
  // The values are hidden, because a channel's options, which have secrets, may be passed here by
  // mistake.
  checkSecretOptions(options, optionNames, "options");
  const settings = alertSettings({ ...channel.defaults, ...options });
  const pipeline = new Pipeline(channel, settings);
  const { severity, types, kinds } = settings;
  const unsubscribe = everTask.events.subscribe((event) => pipeline.take(event), {
    severity,
    ...(types ? { types } : {}),
    ...(kinds ? { kinds } : {}),
  });
  return {
    get counts() {
      return pipeline.counts;
    },
    async flush() {
      await eventsArrived();
      await pipeline.flush();
    },
    async close(timeout = { seconds: 5 }) {
      const timeoutMs = toMilliseconds(timeout, "timeout");
      await eventsArrived();
      unsubscribe();
      await pipeline.close(timeoutMs);
    },
  };
}

/**
 * Resolves when the events that were already emitted have arrived. The event bus delivers them
 * asynchronously.
 */
function eventsArrived(): Promise<void> {
  return new Promise<void>(nextMacrotask);
}

class Pipeline {
  readonly #channel: AlertChannel;
  readonly #settings: AlertSettings;
  readonly #deduplication: Deduplication;
  readonly #limit: TotalLimit;
  readonly #queue: DeliveryQueue;
  /** The number of events that were suppressed since the last alert. */
  #suppressed = 0;
  /** The number of all suppressed events. */
  #suppressedEver = 0;

  constructor(channel: AlertChannel, settings: AlertSettings) {
    const { clock, repeatAfterMs, maxPerMinute } = settings;
    this.#channel = channel;
    this.#settings = settings;
    this.#limit = new TotalLimit(clock, maxPerMinute);
    this.#queue = new DeliveryQueue(channel, settings);
    this.#deduplication = new Deduplication(
      clock,
      repeatAfterMs,
      (event, count) => this.#alert(event, count),
    );
  }

  get counts(): AlertCounts {
    return { ...this.#queue.counts, suppressed: this.#suppressedEver };
  }

  take(event: TaskEvent): void {
    const { filter, keyOf } = this.#settings;
    if (!answerAtOnce(filter(event), "filter")) return;
    this.#deduplication.offer(answerAtOnce(keyOf(event), "keyOf"), event);
  }

  flush(): Promise<void> {
    return this.#queue.idle();
  }

  async close(graceMs: number): Promise<void> {
    this.#deduplication.close();
    await this.#queue.close(graceMs);
  }

  #alert(event: TaskEvent, count: number): void {
    if (!this.#limit.take()) {
      if (this.#suppressed === 0) {
        this.#settings.logger.warn("Alerts for {channel} are left out: there are too many", {
          channel: this.#channel.name,
        });
      }
      this.#suppressed += count;
      this.#suppressedEver += count;
      return;
    }
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    this.#queue.add({ id: this.#settings.newId(), event, count, suppressed });
  }
}
