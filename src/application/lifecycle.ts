// The lifecycle of an instance: opens the storage on first use, starts a worker on request, and
// stops everything in order, even if the storage fails.

import type { HomeContext } from "../time/home_context.ts";
import type { RetentionKeeper } from "./retention_keeper.ts";
import { EverTaskError } from "../guards/errors.ts";
import type { EverTaskSettings } from "./ever_task_options.ts";
import type { Storage } from "../storage/storage.ts";
import type { StorageClock } from "../time/storage_clock.ts";
import { within } from "../time/within.ts";
import type { Worker } from "../worker/worker.ts";

/** The time that a stop waits for subscribers to receive the last events, in milliseconds. */
const subscribersMs = 1_000;

/** The instance was used after `stop`. */
export class StoppedError extends EverTaskError {
  /** `StoppedError` */
  override name = "StoppedError";

  /** Creates the error. */
  constructor() {
    super("This instance has been stopped: make a new one with createEverTask.");
  }
}

/** The parts of an instance. */
export interface LifecycleParts {
  readonly settings: EverTaskSettings;
  readonly home: HomeContext;
  /** Set to the storage's time when the storage is opened. */
  readonly storageClock: StorageClock;
  /** Creates the worker of this process. */
  readonly newWorker: () => Worker;
  /**
   * Creates the keeper that purges old rows while the worker runs; returns null if there is no
   * retention.
   */
  readonly newRetention: () => RetentionKeeper | null;
  /** Resolves when no dispatch is being written. */
  readonly allDispatched: () => Promise<unknown>;
  /** Ends the relay of events between processes; resolves when the last events are written. */
  readonly allRelayed: () => Promise<void>;
  /** Resolves when subscribers have received all events. */
  readonly allHeard: () => Promise<void>;
}

/** Opens, starts and stops the parts of an instance. */
export class Lifecycle {
  readonly #parts: LifecycleParts;
  #worker: Worker | null = null;
  #retention: RetentionKeeper | null = null;
  #isOpen = false;
  #isStopped = false;
  /** Whether `stop` has waited in vain for the end of `start`. */
  #hasGivenUpStart = false;
  #before: Promise<unknown> = Promise.resolve();
  #opening: Promise<void> | null = null;
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  /** The running worker of this process; null if there is none. */
  get worker(): Worker | null {
    return this.#worker;
  }

  /** Whether the instance runs tasks, or is about to. */
  get isStarted(): boolean {
    return this.#starting !== null && this.#stopping === null;
  }

  /** Delays the opening of the storage until `before` has settled. */
  openAfter(before: Promise<unknown>): void {
    this.#before = before.catch(() => {});
  }

  /**
   * Resolves when the storage is open. Returns null if the storage is open and the instance is not
   * stopping, so that most dispatches need not wait a turn of the event loop.
   */
  opening(): Promise<void> | null {
    return this.#isOpen && this.#stopping === null ? null : this.#ready();
  }

  /** Opens the storage if needed, and returns it. */
  async opened(): Promise<Storage> {
    await this.#ready();
    return this.#parts.settings.storage;
  }

  /** See {@linkcode EverTask.start}. */
  start(): Promise<void> {
    if (this.#stopping !== null) return Promise.reject(new StoppedError());
    return (this.#starting ??= this.#start().catch((error) => {
      this.#starting = null;
      throw error;
    }));
  }

  /** See {@linkcode EverTask.stop}. */
  stop(timeoutMs: number): Promise<void> {
    return (this.#stopping ??= this.#stop(timeoutMs));
  }

  /** Stops the retention of this process, because its worker stops. */
  stopRetention(): void {
    void this.#retention?.stop();
  }

  async #start(): Promise<void> {
    await this.#ready();
    const worker = this.#parts.newWorker();
    await this.#parts.home.call(() => worker.start());
    if (this.#hasGivenUpStart) {
      await this.#parts.home.call(() => worker.stop(0));
      throw new StoppedError();
    }
    this.#worker = worker;
    this.#retention = this.#parts.newRetention();
    this.#retention?.start();
  }

  async #stop(timeoutMs: number): Promise<void> {
    const { settings, home, allDispatched, allRelayed, allHeard } = this.#parts;
    const { clock, storage, lease: { leaseMs }, dispatchRetryMs } = settings;
    // Each step below has a time limit, because the storage may no longer answer.
    if (this.#worker === null) {
      const starting = Promise.all([this.#starting, this.#opening]).catch(() => {});
      await within(clock, leaseMs, starting);
      this.#hasGivenUpStart = this.#worker === null;
    }
    const retentionEnd = this.#retention?.stop() ?? Promise.resolve();
    await home.call(() => this.#worker?.stop(timeoutMs));
    await within(clock, leaseMs, retentionEnd);
    await within(clock, dispatchRetryMs, allDispatched());
    await within(clock, leaseMs, allRelayed());
    await within(clock, subscribersMs, allHeard());
    this.#isStopped = true;
    await within(clock, leaseMs, storage.close());
  }

  /** Opens the storage on first use. After a failure, the next call tries again. */
  async #ready(): Promise<void> {
    if (this.#isStopped || (this.#stopping !== null && this.#worker === null)) {
      throw new StoppedError();
    }
    if (this.#isOpen) return;
    const { settings, home, storageClock } = this.#parts;
    const { clock, storage } = settings;
    const askedAt = clock.monotonic();
    this.#opening ??= this.#before.then(() => home.call(() => storage.open())).then(
      ({ now }) => {
        storageClock.sync(now, askedAt);
        this.#isOpen = true;
      },
      (error) => {
        this.#opening = null;
        throw error;
      },
    );
    await this.#opening;
  }
}
