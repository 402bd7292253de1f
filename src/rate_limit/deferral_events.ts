// Reports deferred tasks without flooding the subscribers: at most one event per type and second,
// with the number of deferrals.

import type { EventBus } from "../events/event_bus.ts";
import { taskEvent, typeSubject } from "../events/job_events.ts";
import type { AnyTask } from "../task/task.ts";
import type { Clock } from "../time/clock.ts";
import type { StorageClock } from "../time/storage_clock.ts";

const intervalMs = 1_000;

/** Aggregates deferrals into events. */
export class DeferralEvents {
  readonly #events: EventBus;
  readonly #clock: Clock;
  readonly #storageClock: StorageClock;
  readonly #definitions: ReadonlyMap<string, AnyTask>;
  /**
   * The unreported deferrals by type. An entry exists for a second after each event of its type.
   */
  readonly #counts = new Map<string, { count: number; queue: string; disarm: () => void }>();

  constructor(parts: {
    readonly events: EventBus;
    readonly clock: Clock;
    readonly storageClock: StorageClock;
    readonly definitions: ReadonlyMap<string, AnyTask>;
  }) {
    this.#events = parts.events;
    this.#clock = parts.clock;
    this.#storageClock = parts.storageClock;
    this.#definitions = parts.definitions;
  }

  /** Counts a deferred task. */
  deferred(type: string, queue: string): void {
    if (!this.#events.wants("rateLimitDeferred", type)) return;
    const counted = this.#counts.get(type);
    if (counted !== undefined) {
      counted.count++;
      return;
    }
    this.#emit(type, queue, 1);
    this.#arm(type, queue);
  }

  /** Reports the remaining deferrals. */
  stop(): void {
    for (const [type, { count, queue, disarm }] of this.#counts) {
      disarm();
      if (count > 0) this.#emit(type, queue, count);
    }
    this.#counts.clear();
  }

  #arm(type: string, queue: string): void {
    const disarm = this.#clock.setTimer(() => {
      const { count } = this.#counts.get(type)!;
      this.#counts.delete(type);
      if (count === 0) return;
      this.#emit(type, queue, count);
      this.#arm(type, queue);
    }, intervalMs);
    this.#counts.set(type, { count: 0, queue, disarm });
  }

  #emit(type: string, queue: string, count: number): void {
    const message = count === 1
      ? `A task of type ${type} was deferred by its rate limit.`
      : `${count} tasks of type ${type} were deferred by their rate limit.`;
    const subject = typeSubject(type, queue);
    const definition = this.#definitions.get(type);
    const details = { count, message };
    this.#events.emit(
      taskEvent("rateLimitDeferred", this.#storageClock.now(), subject, definition, details),
    );
  }
}
