// The real worker of a test instance. It exists only while a call waits for tasks to run. Between
// two drains nothing runs and no timer is set, so a fake clock may skip years.

import type { EverTask } from "../../application/ever_task.ts";
import type { TaskRecord } from "../../storage/records.ts";
import { type Clock, systemClock } from "../../time/clock.ts";
import { within } from "../../time/within.ts";
import { FakeClock } from "../fake_clock.ts";
import { type RunLimits, StalledError } from "./run_limits.ts";

/** The dependencies of a test worker. */
export interface TestWorkerParts {
  /** Creates an instance that uses the shared storage. */
  readonly makeInstance: () => EverTask;
  readonly clock: Clock;
  /** Lists the tasks that are running or due, for the message about a stall. */
  readonly unfinished: () => Promise<readonly TaskRecord[]>;
}

/** A worker that runs while it is used. */
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

  /** The number of calls that wait for the worker. */
  get users(): number {
    return this.#users;
  }

  /**
   * Runs the worker until `wait` settles. Uses may overlap: the limits of the first use apply, and
   * the end of the last one stops the worker.
   *
   * @throws The error of `wait`, at once. The handlers that still run are then aborted.
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
        // Do not await `end` after a failure: the caller may be a handler, and `end` would wait for
        // this handler.
        if (failed) end.catch(() => {});
        else await end;
      }
    }
  }

  /**
   * Waits until `holds` resolves to true. Only a write to storage can change its result, so `holds`
   * is called again after each write.
   *
   * @throws {TooManyAttemptsError} If there are too many attempts.
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

  /** Notes a write. */
  wrote(): void {
    this.#writes++;
    for (const tell of this.#waiting) tell();
    this.#waiting.clear();
  }

  /** Counts an attempt of a task of this type. */
  attempted(type: string): void {
    this.#limits?.count(type);
  }

  /** Resolves when the worker is unused and has stopped. */
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

  /** Stops an instance. Waits for hooks, but gives hanging handlers up. */
  async #stop(instance: EverTask, patienceMs: number): Promise<void> {
    const { clock } = this.#parts;
    let stopped = false;
    const stopping = instance.stop({ timeout: 0 }).finally(() => stopped = true);
    await within(systemClock, patienceMs, stopping);
    // Hanging handlers are given up after grace periods, for which a fake clock must be advanced.
    while (!stopped && clock instanceof FakeClock) await clock.advance(1000);
    await stopping;
  }
}
