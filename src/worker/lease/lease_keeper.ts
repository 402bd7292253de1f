// Keeps this process's leases alive: registers the worker under a new id, sends its heartbeats, and
// handles the answers. Only the heartbeat decides whether a worker is alive, never the run time of
// a task.

import type { Logger } from "../../log/logger.ts";
import type { HeartbeatResult, LostTask } from "../../storage/requests.ts";
import type { WorkerServes } from "../../storage/records.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Clock } from "../../time/clock.ts";
import { within } from "../../time/within.ts";
import { StorageUnavailableError } from "../../storage/errors.ts";
import type { StorageClock } from "../../time/storage_clock.ts";

/** What the keeper finds out. */
export interface LeaseListener {
  /** A heartbeat was answered. */
  onHeartbeat(result: HeartbeatResult): void;
  /** The storage's clock was set back by `setBackMs` milliseconds. Told before the heartbeat. */
  onClockSetBack(setBackMs: number): void;
  /**
   * Called when storage answers again, or the worker is registered again: notifications in between
   * were missed.
   */
  onReachable(): void;
  /**
   * All leases of `workerId` are lost: others may have the tasks by now. A new id is taken before
   * the next claim.
   */
  onLeasesLost(workerId: string): void;
  /** Tasks of a lost worker have been taken from it. */
  onTasksReleased(tasks: readonly LostTask[]): void;
  /**
   * Called when the event loop was blocked so that the heartbeat was too late; with the time in
   * milliseconds.
   */
  onStarved(blockedMs: number): void;
}

/** How leases are kept. */
export interface LeaseSettings {
  /** A worker without a heartbeat for this time has lost its tasks, in milliseconds. */
  readonly leaseMs: number;
  /** Milliseconds between heartbeats. */
  readonly heartbeatMs: number;
  /** A task that was lost more often than this fails. */
  readonly poisonLimit: number;
  readonly host: string;
}

/** The exception of a task whose worker was lost. */
export const lostReason =
  "The worker that held the task was lost: its process ended or froze. The task is due again.";
/** The exception of a task that was lost too often. */
export const poisonReason =
  "The task was lost with its worker too often: it may be ending its process. It is not retried.";

/** Registers the worker and keeps it alive. */
export class LeaseKeeper {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #storageClock: StorageClock;
  readonly #settings: LeaseSettings;
  readonly #serves: WorkerServes;
  readonly #logger: Logger;
  readonly #newId: () => string;
  readonly #listener: LeaseListener;
  #workerId: string | null = null;
  #registeredAt = 0;
  #lastBeatAt = 0;
  #beatDueAt = 0;
  #stopped = false;
  #wasUnreachable = false;
  #disarm: () => void = () => {};
  #isArmed = false;
  #beating: Promise<void> = Promise.resolve();
  #releasing: Promise<void> | null = null;

  constructor(parts: {
    readonly storage: Storage;
    readonly clock: Clock;
    readonly storageClock: StorageClock;
    readonly settings: LeaseSettings;
    readonly serves: WorkerServes;
    readonly logger: Logger;
    readonly newId: () => string;
    readonly listener: LeaseListener;
  }) {
    this.#storage = parts.storage;
    this.#clock = parts.clock;
    this.#storageClock = parts.storageClock;
    this.#settings = parts.settings;
    this.#serves = parts.serves;
    this.#logger = parts.logger;
    this.#newId = parts.newId;
    this.#listener = parts.listener;
  }

  /** The registered worker's id; null while there is none. */
  get workerId(): string | null {
    return this.#workerId;
  }

  /** Since when it has been registered under its id, by the monotonic clock. */
  get registeredAt(): number {
    return this.#registeredAt;
  }

  /** When the last heartbeat was answered, by the monotonic clock. */
  get lastBeatAt(): number {
    return this.#lastBeatAt;
  }

  /**
   * Whether this process may assume that it still holds its tasks. When it was frozen for longer
   * than its lease, it may not, until a heartbeat is answered.
   *
   * @param now The monotonic clock.
   */
  holdsAt(now: number): boolean {
    return now - this.#lastBeatAt < this.#settings.leaseMs;
  }

  /** Registers the worker; the first heartbeat has been answered when this resolves. */
  async start(): Promise<void> {
    await this.#register();
    await this.#beat();
    if (!this.#isArmed) this.#armNext();
  }

  /**
   * Gives the id up for lost, as when a claim was refused; the next heartbeat registers a new one.
   */
  lose(workerId: string): void {
    if (this.#workerId !== workerId) return;
    this.#workerId = null;
    this.#listener.onLeasesLost(workerId);
    if (!this.#stopped) this.#armNext(0);
  }

  /** Brings the next heartbeat forward: something has changed that its answer tells. */
  beatSoon(): void {
    if (this.#workerId !== null) this.#armNext(0);
  }

  /** Stops beating and removes the worker, whose tasks must all be written or released by now. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#disarm();
    await this.#beating;
    const id = this.#workerId;
    this.#workerId = null;
    try {
      if (id !== null) await this.#storage.unregisterWorker(id);
    } catch (error) {
      this.#logger.warn("Removing worker {workerId} failed; it will be found to be lost: {error}", {
        workerId: id,
        error,
      });
    }
    await this.#releasing;
  }

  async #register(): Promise<void> {
    const id = this.#newId();
    const sentAt = this.#clock.monotonic();
    await this.#storage.registerWorker({ id, host: this.#settings.host, serves: this.#serves });
    if (this.#workerId !== null) return; // the answer came so late that another id has been taken
    this.#workerId = id;
    this.#registeredAt = sentAt;
    this.#lastBeatAt = sentAt;
  }

  #armNext(delayMs = this.#settings.heartbeatMs): void {
    this.#disarm();
    if (this.#stopped) return;
    this.#isArmed = true;
    this.#beatDueAt = this.#clock.monotonic() + delayMs;
    this.#disarm = this.#clock.setTimer(() => {
      this.#isArmed = false;
      this.#beating = this.#onTimer();
    }, delayMs);
  }

  async #onTimer(): Promise<void> {
    const late = this.#clock.monotonic() - this.#beatDueAt;
    if (late + this.#settings.heartbeatMs > this.#settings.leaseMs) this.#listener.onStarved(late);
    try {
      await this.#inTime(this.#reach());
    } catch (error) {
      this.#logger.warn("The heartbeat failed; it is retried: {error}", { error });
      this.#wasUnreachable = true;
      this.#checkAge();
    }
    if (this.#isArmed) return; // another caller wants the next one sooner
    // After a failure soon again: the lease is running out.
    const healthy = this.#clock.monotonic() - this.#lastBeatAt < this.#settings.heartbeatMs;
    this.#armNext(healthy ? this.#settings.heartbeatMs : this.#settings.heartbeatMs / 4);
  }

  /** An answer after the end of the lease counts as none: a network may drop packets silently. */
  async #inTime(answer: Promise<void>): Promise<void> {
    const { leaseMs, heartbeatMs } = this.#settings;
    const leftMs = this.#lastBeatAt + leaseMs - this.#clock.monotonic();
    const timeoutMs = Math.max(heartbeatMs, leftMs);
    let answered = false;
    await within(this.#clock, timeoutMs, answer.then(() => answered = true));
    if (answered) return;
    throw new StorageUnavailableError(
      `Storage has not answered within ${Math.round(timeoutMs)} ms.`,
    );
  }

  /** Beats, under a new id if there is none. */
  async #reach(): Promise<void> {
    if (this.#workerId === null) {
      this.#wasUnreachable = true;
      await this.#register();
    }
    await this.#beat();
    if (this.#workerId === null) return; // it was given up: the next one takes a new id
    if (this.#wasUnreachable) this.#listener.onReachable();
    this.#wasUnreachable = false;
  }

  async #beat(): Promise<void> {
    const id = this.#workerId!;
    const { leaseMs } = this.#settings;
    const sentAt = this.#clock.monotonic();
    const result = await this.#storage.heartbeat(id, leaseMs);
    if (this.#workerId !== id) return;
    const setBackMs = this.#storageClock.syncAndCompare(result.now, sentAt);
    if (setBackMs > 0) this.#listener.onClockSetBack(setBackMs);
    if (!result.alive) return this.lose(id);
    this.#lastBeatAt = sentAt;
    this.#listener.onHeartbeat(result);
    if (result.othersLost) this.#releaseLost();
  }

  /**
   * Takes the tasks of lost workers. In a large table that may take longer than a lease, so
   * heartbeats do not wait for it.
   */
  #releaseLost(): void {
    const { leaseMs, poisonLimit } = this.#settings;
    const request = { leaseMs, poisonLimit, lostReason, poisonReason };
    this.#releasing ??= this.#storage.releaseLost(request).then(
      (tasks) => this.#listener.onTasksReleased(tasks),
      (error) => {
        this.#logger.warn(
          "Taking the tasks of lost workers failed; it is retried with the next heartbeat: {error}",
          { error },
        );
      },
    ).finally(() => this.#releasing = null);
  }

  /**
   * A worker that cannot reach storage for the length of its lease must assume that it has lost its
   * tasks.
   */
  #checkAge(): void {
    const age = this.#clock.monotonic() - this.#lastBeatAt;
    if (this.#workerId !== null && age >= this.#settings.leaseMs) {
      const id = this.#workerId;
      this.#workerId = null;
      this.#listener.onLeasesLost(id);
    }
  }
}
