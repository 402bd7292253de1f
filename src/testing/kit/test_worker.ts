// The worker of a test: a real one, which exists only while a call waits for its work. Between two
// drains nothing runs, no timer is armed, and a fake clock may jump over years.

import type { EverTask } from "../../application/ever_task.ts";
import type { TaskRecord } from "../../storage/records.ts";
import { type Clock, systemClock } from "../../time/clock.ts";
import { within } from "../../time/within.ts";
import { FakeClock } from "../fake_clock.ts";
import { type RunLimits, StalledError } from "./run_limits.ts";

/** What a test worker works with. */
export interface TestWorkerParts {
  /** Makes an instance over the shared storage. */
  readonly makeInstance: () => EverTask;
  readonly clock: Clock;
  /** Lists the tasks that are running or due, for the message about a stall. */
  readonly unfinished: () => Promise<readonly TaskRecord[]>;
}

/** Works while it is used. */
export class TestWorker {
  readonly #parts: TestWorkerParts;
  #users = 0;
  #limits: RunLimits | null = null;
  #starting: Promise<EverTask> | null = null;
  #stopping: Promise<void> | null = null;
  #writes = 0;
  readonly #waiting = new Set<() => void>();

  constructor(parts: TestWorkerParts) {
    this.#parts = parts;
  }

  /** How many wait for its work. */
  get users(): number {
    return this.#users;
  }

  /**
   * Has it work for as long as `wait` takes. Uses may overlap: the limits of the first one hold,
   * and the last one ends the work.
   *
   * @throws What `wait` throws, at once; the handlers that still run are then aborted.
   */
  async use(limits: RunLimits, wait: () => Promise<void>): Promise<void> {
    while (this.#stopping !== null) await this.#stopping;
    this.#users++;
    this.#limits ??= limits;
    let failed = true;
    try {
      this.#starting ??= this.#start();
      await this.#starting;
      await wait();
      failed = false;
    } finally {
      this.#users--;
      if (this.#users === 0) {
        const end = this.#end(failed);
        // Who has failed may be a handler that the end would wait for; and it has an error to tell
        // already.
        if (failed) end.catch(() => {});
        else await end;
      }
    }
  }

  /**
   * Waits until something holds that only a write to storage can bring about.
   *
   * @throws {TooManyAttemptsError} If tasks keep coming.
   * @throws {StalledError} If nothing is written for too long.
   */
  async until(holds: () => Promise<boolean>): Promise<void> {
    const limits = this.#limits!;
    for (;;) {
      const seen = this.#writes;
      if (await holds()) return;
      limits.check();
      if (this.#writes !== seen) continue;
      await within(
        systemClock,
        limits.stalledAfterMs,
        new Promise<void>((tell) => this.#waiting.add(tell)),
      );
      if (this.#writes === seen) {
        throw new StalledError(limits.stalledAfterMs, await this.#parts.unfinished());
      }
    }
  }

  /** Something was written. */
  wrote(): void {
    this.#writes++;
    for (const tell of this.#waiting) tell();
    this.#waiting.clear();
  }

  /** An attempt of a task of this type starts. */
  attempted(type: string): void {
    this.#limits?.count(type);
  }

  /** Resolves when it has no users and has stopped. */
  async idle(): Promise<void> {
    while (this.#starting !== null || this.#stopping !== null) {
      await (this.#stopping ?? new Promise<void>((tell) => this.#waiting.add(tell)));
    }
  }

  async #start(): Promise<EverTask> {
    const instance = this.#parts.makeInstance();
    await instance.start();
    return instance;
  }

  #end(forced: boolean): Promise<void> {
    const starting = this.#starting!;
    const { stalledAfterMs } = this.#limits!;
    this.#stopping = (async () => {
      const instance = await starting.catch(() => null);
      if (instance !== null) await this.#stop(instance, forced ? 0 : stalledAfterMs);
    })().finally(() => {
      this.#starting = null;
      this.#stopping = null;
      this.#limits = null;
      this.wrote();
    });
    return this.#stopping;
  }

  /** Stops an instance. Hooks may take their time; handlers that hang are given up. */
  async #stop(instance: EverTask, patienceMs: number): Promise<void> {
    const { clock } = this.#parts;
    let stopped = false;
    const stopping = instance.stop({ timeout: 0 }).finally(() => stopped = true);
    await within(systemClock, patienceMs, stopping);
    // What hangs is given up after grace periods, and those of a fake clock must be made to pass.
    while (!stopped && clock instanceof FakeClock) await clock.advance(1000);
    await stopping;
  }
}
