// Keeps this process's leases alive: registers the worker under a new id, sends its heartbeats, and
// handles the answers. Only the heartbeat decides whether a worker is alive, not the run time of
// its tasks.

import type { Logger } from "../../log/logger.ts";
import type { HeartbeatResult, LostTask } from "../../storage/requests.ts";
import type { WorkerProcess, WorkerServes } from "../../storage/records.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Clock } from "../../time/clock.ts";
import { within } from "../../time/within.ts";
import { StorageUnavailableError } from "../../storage/errors.ts";
import type { StorageClock } from "../../time/storage_clock.ts";
import type { ClaimMark } from "./claim_mark.ts";

/** Receives the findings of a {@linkcode LeaseKeeper}. */
export interface LeaseListener {
  /** Called when a heartbeat was answered. */
  onHeartbeat(result: HeartbeatResult): void;
  /**
   * Called when the storage's clock was set back by `setBackMs` milliseconds, before `onHeartbeat`.
   */
  onClockSetBack(setBackMs: number): void;
  /**
   * Called when storage answers again or the worker was registered again. Notifications in between
   * were missed.
   */
  onReachable(): void;
  /**
   * Called when all leases of `workerId` are lost. Other workers may hold the tasks now. The worker
   * is registered under a new id before the next claim.
   */
  onLeasesLost(workerId: string): void;
  /** Called when the tasks of lost workers were released. */
  onTasksReleased(tasks: readonly LostTask[]): void;
  /**
   * Called when the event loop was blocked for `blockedMs` milliseconds, and the heartbeat was
   * therefore late.
   */
  onStarved(blockedMs: number): void;
}

/** The settings of leases. */
export interface LeaseSettings {
  /** The age of the last heartbeat after which a worker has lost its tasks, in milliseconds. */
  readonly leaseMs: number;
  /** Milliseconds between heartbeats. */
  readonly heartbeatMs: number;
  /** The maximum lost count of a task. Above it, the task fails. */
  readonly poisonLimit: number;
  readonly host: string;
  /** Describes this process. */
  readonly process: WorkerProcess;
}

/** The exception of a task whose worker was lost. */
export const lostReason =
  "The worker that held the task was lost: its process ended or froze. The task is due again.";
/** The exception of a task that was lost too often. */
export const poisonReason =
  "The task was lost with its worker too often: it may be ending its process. It is not retried.";

/** Registers the worker and sends its heartbeats. */
export class LeaseKeeper {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #storageClock: StorageClock;
  readonly #settings: LeaseSettings;
  readonly #serves: WorkerServes;
  readonly #logger: Logger;
  readonly #newId: () => string;
  readonly #listener: LeaseListener;
  readonly #claimMark: ClaimMark;
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
    readonly claimMark: ClaimMark;
  }) {
    this.#storage = parts.storage;
    this.#clock = parts.clock;
    this.#storageClock = parts.storageClock;
    this.#settings = parts.settings;
    this.#serves = parts.serves;
    this.#logger = parts.logger;
    this.#newId = parts.newId;
    this.#listener = parts.listener;
    this.#claimMark = parts.claimMark;
  }

  /** The registered worker's id; null if there is none. */
  get workerId(): string | null {
    return this.#workerId;
  }

  /** The time at which the worker was registered under its present id, by the monotonic clock. */
  get registeredAt(): number {
    return this.#registeredAt;
  }

  /** The time at which the last answered heartbeat was sent, by the monotonic clock. */
  get lastBeatAt(): number {
    return this.#lastBeatAt;
  }

  /**
   * Reports whether this process may assume that it still holds its tasks. After the process was
   * frozen for longer than its lease, it may not assume this until a heartbeat is answered.
   *
   * @param now The present reading of the monotonic clock.
   */
  holdsAt(now: number): boolean {
    return now - this.#lastBeatAt < this.#settings.leaseMs;
  }

  /** Registers the worker. Resolves when the first heartbeat was answered. */
  async start(): Promise<void> {
    await this.#register();
    await this.#beat();
    if (!this.#isArmed) this.#armNext();
  }

  /**
   * Discards the worker's id, as after a rejected claim. The next heartbeat registers a new one.
   */
  lose(workerId: string): void {
    if (this.#workerId !== workerId) return;
    this.#workerId = null;
    this.#listener.onLeasesLost(workerId);
    if (!this.#stopped) this.#armNext(0);
  }

  /** Sends the next heartbeat early, because its answer will contain a change. */
  beatSoon(): void {
    if (this.#workerId !== null) this.#armNext(0);
  }

  /**
   * Stops the heartbeats and removes the worker. All its tasks must be written or released before.
   */
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
    const settings = this.#settings;
    await this.#storage.registerWorker({
      id,
      host: settings.host,
      process: settings.process,
      serves: this.#serves,
    });
    if (this.#workerId !== null) return; // the answer came so late that another id was registered
    this.#workerId = id;
    this.#claimMark.forget();
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
    if (this.#isArmed) return; // another caller has scheduled the next heartbeat
    // After a failure, the next heartbeat is sent soon, because the lease may end.
    const healthy = this.#clock.monotonic() - this.#lastBeatAt < this.#settings.heartbeatMs;
    this.#armNext(healthy ? this.#settings.heartbeatMs : this.#settings.heartbeatMs / 4);
  }

  /**
   * Rejects if the answer does not arrive within the lease, because a network may drop packets
   * silently.
   */
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

  /** Sends a heartbeat. Registers a new id first if there is none. */
  async #reach(): Promise<void> {
    if (this.#workerId === null) {
      this.#wasUnreachable = true;
      await this.#register();
    }
    await this.#beat();
    if (this.#workerId === null) return; // the id was discarded; the next heartbeat registers a new one
    if (this.#wasUnreachable) this.#listener.onReachable();
    this.#wasUnreachable = false;
  }

  async #beat(): Promise<void> {
    const id = this.#workerId!;
    const { leaseMs } = this.#settings;
    const sentAt = this.#clock.monotonic();
    const holdsSince = this.#claimMark.take();
    const result = await this.#storage.heartbeat(id, leaseMs, holdsSince);
    if (this.#workerId !== id) return;
    this.#claimMark.follow(result.claimsFrom);
    const setBackMs = this.#storageClock.syncAndCompare(result.now, sentAt);
    if (setBackMs > 0) this.#listener.onClockSetBack(setBackMs);
    if (!result.alive) return this.lose(id);
    this.#lastBeatAt = sentAt;
    this.#listener.onHeartbeat(result);
    if (result.othersLost) this.#releaseLost();
  }

  /**
   * Releases the tasks of lost workers. In a large table, the release may take longer than a lease,
   * so heartbeats do not wait for it.
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
   * Discards the id if storage has not answered for the duration of the lease. The tasks may then
   * be lost.
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
