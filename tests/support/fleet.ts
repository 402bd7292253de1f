// Several instances over one memory database and one fake clock: a test of minutes takes
// milliseconds, and is deterministic.

import {
  createEverTask,
  type EverTask,
  type EverTaskOptions,
  formatMessage,
  type Logger,
  silentLogger,
  type TaskEvent,
} from "../../mod.ts";
import { MemoryDatabase, memoryStorage } from "../../drivers/memory/mod.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { FakeClock } from "../../src/testing/mod.ts";

/** Options of {@linkcode Fleet.start}. */
export type FleetOptions = Omit<EverTaskOptions, "storage" | "clock"> & {
  /** Wraps the storage of the instance. */
  readonly wrap?: (storage: Storage) => Storage;
};

/** The time limit of `until` and `passUntil`, by the fake clock. */
const patienceMs = 5 * 60_000;

/** A gate that a handler waits at until the test opens it. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

/** Rejects when the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Instances that share a database and a clock. */
export class Fleet implements AsyncDisposable {
  readonly clock: FakeClock;
  readonly database: MemoryDatabase;
  /** The log entries of the instances, as `level: message`. */
  readonly log: string[] = [];
  /** The events of all instances. */
  readonly events: TaskEvent[] = [];
  readonly #instances = new Set<EverTask>();
  #look: Storage | null = null;

  constructor(clock = new FakeClock()) {
    this.clock = clock;
    this.database = new MemoryDatabase({ clock });
  }

  /** Creates an instance without starting it. */
  create({ wrap = (storage) => storage, ...options }: FleetOptions): EverTask {
    const everTask = createEverTask({
      logger: this.#logger(),
      ...options,
      storage: wrap(memoryStorage({ database: this.database })),
      clock: this.clock,
    });
    everTask.events.subscribe((event) => void this.events.push(event));
    this.#instances.add(everTask);
    return everTask;
  }

  /** Makes an instance and starts it. */
  async start(options: FleetOptions): Promise<EverTask> {
    const everTask = this.create(options);
    await everTask.start();
    await this.settle();
    return everTask;
  }

  /** Runs everything that does not wait for the clock. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 2; turn++) await this.clock.advance(0);
  }

  /**
   * Advances the clock in small steps, so that the effects of one timer are complete before the
   * next.
   */
  async pass(ms: number, stepMs = ms): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      await this.clock.advance(Math.min(stepMs, ms - passed));
    }
    await this.settle();
  }

  /** Advances the clock until the promise settles; fails after the time limit. */
  async until<T>(promise: Promise<T>, stepMs = 100): Promise<T> {
    let settled = false;
    promise.then(() => settled = true, () => settled = true);
    await this.settle();
    await this.passUntil(() => settled, stepMs);
    return await promise;
  }

  /** Advances the clock until the condition holds; fails after the time limit. */
  async passUntil(hasHappened: () => boolean, stepMs = 100): Promise<void> {
    for (let passed = 0; !hasHappened(); passed += stepMs) {
      if (passed > patienceMs) throw new Error(`It has not happened within ${patienceMs} ms.`);
      await this.pass(stepMs);
    }
  }

  /** Stops an instance while the clock advances. */
  async stop(everTask: EverTask, timeout = 30_000): Promise<void> {
    this.#instances.delete(everTask);
    await this.until(everTask.stop({ timeout }));
  }

  /** A storage for inspection. */
  async storage(): Promise<Storage> {
    if (this.#look === null) {
      this.#look = memoryStorage({ database: this.database });
      await this.#look.open();
    }
    return this.#look;
  }

  /** A task's audited statuses. */
  async trail(id: string): Promise<string[]> {
    const page = await (await this.storage()).statusAudit(id, { limit: 1000 });
    return page.items.map((row) => row.newStatus);
  }

  /** The kinds of the events so far, of one task or of all. */
  kinds(id?: string): string[] {
    return this.events.filter((event) => id === undefined || event.taskId === id)
      .map((event) => event.kind);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const everTask of [...this.#instances]) await this.stop(everTask, 0);
    await this.#look?.close();
  }

  #logger(): Logger {
    const write = (level: string): Logger["warn"] => (message, properties) =>
      void this.log.push(`${level}: ${formatMessage(message, properties)}`);
    return { ...silentLogger, warn: write("warn"), error: write("error") };
  }
}
