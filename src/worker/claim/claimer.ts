// Decides when to claim: at a wake-up, when a queue runs low, at the next due instant. One timer is
// set for the next claim. Claims are sent one after the other. Only while a backlog lasts, a second
// claim is sent before the first is answered, so that storage and handlers work at the same time.

import type { HomeContext } from "../../time/home_context.ts";
import type { Logger } from "../../log/logger.ts";
import { backoffMs } from "../../storage/batching/backoff.ts";
import { isTransient } from "../../storage/batching/retry_transient.ts";
import { WorkerLostError } from "../../storage/errors.ts";
import type { ClaimedTask } from "../../storage/records.ts";
import type { Storage } from "../../storage/storage.ts";
import { isInstance } from "../../thrown/reading.ts";
import type { Clock } from "../../time/clock.ts";
import type { StorageClock } from "../../time/storage_clock.ts";
import { ClaimTime } from "./claim_time.ts";
import { UnknownClaims } from "./unknown_claims.ts";
import type { QueueRunner } from "./queue_runner.ts";

/** The dependencies of a claimer. */
export interface ClaimerParts {
  readonly home: HomeContext;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly storageClock: StorageClock;
  readonly logger: Logger;
  readonly runners: ReadonlyMap<string, QueueRunner>;
  readonly types: readonly string[];
  /** Returns the id of the registered worker; null if there is none. */
  readonly workerId: () => string | null;
  /** Gives back tasks that this worker holds according to storage, but does not know. */
  readonly giveBackUnknown: (workerId: string) => Promise<void>;
  readonly onClaimed: (workerId: string, tasks: readonly ClaimedTask[]) => void;
  readonly onWorkerLost: (workerId: string) => void;
}

/** The maximum number of tasks of a queue in a claim. */
interface QueueLimit {
  readonly name: string;
  readonly limit: number;
}

/** Claims due tasks. */
export class Claimer {
  readonly #parts: ClaimerParts;
  #stopped = true;
  #working: Promise<void> | null = null;
  #again = false;
  /** Whether a claim of {@linkcode Claimer.#working} waits for its answer. */
  #awaitsAnswer = false;
  /** The second claim, which was sent before the first was answered; null if there is none. */
  #claimingAhead: Promise<void> | null = null;
  readonly #unknownClaims: UnknownClaims;
  readonly #claimTime = new ClaimTime();
  /** The requests of claims that are not answered. */
  readonly #open = new Set<object>();
  /** The earliest due instant that is known, by the storage's clock. */
  #nextDueAt = Infinity;
  #pollMs: number;
  /**
   * The number of consecutive claims that got no task although storage reported a due task. Another
   * process has then locked the row of that task.
   */
  #fruitless = 0;
  #disarm: () => void = () => {};
  #armedFor = Infinity;

  constructor(parts: ClaimerParts) {
    this.#parts = parts;
    this.#pollMs = parts.storage.polling.idleMs;
    const { clock, giveBackUnknown } = parts;
    this.#unknownClaims = new UnknownClaims({
      clock,
      giveBackUnknown,
      onSuspected: () => this.wake(),
    });
  }

  /** The claims that are not answered. */
  get openClaims(): ReadonlySet<object> {
    return this.#open;
  }

  /** Whether this worker may hold tasks that it does not know. */
  get mayHoldUnknown(): boolean {
    return this.#unknownClaims.mayCome;
  }

  start(): void {
    this.#stopped = false;
    this.recheckAllQueues();
  }

  /** Stops claiming. Resolves when no claim is in progress. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#disarm();
    await this.#working;
    await this.#claimingAhead;
    this.#unknownClaims.stop();
  }

  /** Schedules a claim from the queues that have room and may have due tasks. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#awaitsAnswer) this.#claimAhead();
    this.#again = true;
    this.#working ??= this.#parts.home.call(() => this.#work()).finally(() => {
      this.#working = null;
      if (this.#again) this.wake();
    });
  }

  /**
   * Assumes that every queue may have due tasks and that the next due instant is unknown, because
   * another process may have stored tasks.
   */
  recheckAllQueues(): void {
    for (const runner of this.#parts.runners.values()) runner.backlog.recheck();
    this.#forgetNextDue();
    this.wake();
  }

  #forgetNextDue(): void {
    this.#nextDueAt = Infinity;
    for (const { backlog } of this.#parts.runners.values()) backlog.nextDueKnown = false;
  }

  /** Notes that this worker may hold tasks that it does not know. They are given back soon. */
  suspectUnknownClaims(): void {
    this.#unknownClaims.suspect();
  }

  /**
   * Notes that a task of one of the worker's queues becomes due at this instant of the storage's
   * clock.
   */
  expectDue(at: number): void {
    if (at >= this.#nextDueAt) return;
    this.#nextDueAt = at;
    if (this.#working === null) this.#arm();
  }

  /**
   * Sets the timer again after the storage's clock was read. If that clock was set, or this machine
   * slept, the next due instant may be closer.
   */
  clockRead(): void {
    const { clock, storageClock } = this.#parts;
    const dueAt = clock.monotonic() + (this.#nextDueAt - storageClock.now());
    if (this.#working === null && dueAt < this.#armedFor - 1) this.#arm();
  }

  async #work(): Promise<void> {
    for (let failures = 0; this.#again && !this.#stopped;) {
      this.#again = false;
      try {
        const found = await this.#claim();
        await this.#askNextDue();
        const isDue = this.#nextDueAt <= this.#parts.storageClock.now();
        this.#fruitless = isDue && !found ? this.#fruitless + 1 : 0;
        const { busyMs, idleMs } = this.#parts.storage.polling;
        this.#pollMs = found ? busyMs : Math.min(idleMs, Math.max(busyMs, this.#pollMs * 2));
        failures = 0;
      } catch (error) {
        if (isInstance(error, WorkerLostError)) {
          this.#parts.onWorkerLost(error.workerId);
          break;
        }
        failures++;
        this.#again = true;
        this.#parts.logger.warn(
          "Claiming tasks failed (try {failures}); it is retried: {error}",
          {
            failures,
            error,
          },
        );
        await new Promise<void>((resolve) =>
          this.#parts.clock.setTimer(resolve, backoffMs(failures))
        );
      }
    }
    this.#arm();
  }

  /** Claims from the queues with a backlog before the claim in progress is answered. */
  #claimAhead(): void {
    const workerId = this.#parts.workerId();
    if (this.#claimingAhead !== null || this.#unknownClaims.isOpen || workerId === null) return;
    const queues = this.#queuesWithRoom(({ backlog }) => backlog.isLong);
    if (queues.length === 0) return;
    // An error is ignored here, because the next claim of `#working` also fails and reports it.
    this.#claimingAhead = this.#send(workerId, queues).then(() => {}, () => {}).finally(() => {
      this.#claimingAhead = null;
      this.wake();
    });
  }

  /** Claims from all queues with room. Resolves to whether it got any task. */
  async #claim(): Promise<boolean> {
    const workerId = this.#parts.workerId();
    if (workerId === null || this.#parts.types.length === 0) return false;
    if (this.#unknownClaims.isOpen) {
      await this.#claimingAhead; // once it is answered, its tasks are known
      // If the leases were lost in the meantime, this process no longer knows which tasks it runs.
      if (this.#parts.workerId() !== workerId) return false;
      await this.#unknownClaims.settle(workerId);
      if (this.#parts.workerId() !== workerId) return false;
    }
    const queues = this.#queuesWithRoom(({ backlog }) => backlog.mayHaveMore);
    if (queues.length === 0) return false;
    this.#awaitsAnswer = true;
    return await this.#send(workerId, queues, () => this.#awaitsAnswer = false);
  }

  #queuesWithRoom(mayClaim: (runner: QueueRunner) => boolean): QueueLimit[] {
    const now = this.#parts.clock.monotonic();
    const queues = [];
    for (const [name, runner] of this.#parts.runners) {
      const limit = mayClaim(runner) ? runner.claimable(now) : 0;
      if (limit > 0) queues.push({ name, limit });
    }
    return queues;
  }

  /** Sends a claim, and takes its tasks in. Resolves to whether it got any task. */
  async #send(
    workerId: string,
    queues: readonly QueueLimit[],
    onSettled = () => {},
  ): Promise<boolean> {
    const { storage, clock, storageClock, types, runners, onClaimed } = this.#parts;
    const backlogOf = (name: string) => runners.get(name)!.backlog;
    for (const { name, limit } of queues) backlogOf(name).claimSent(limit);
    const askedAt = clock.monotonic();
    const request = { workerId, types, queues };
    this.#open.add(request);
    let result;
    try {
      result = await storage.claim(request);
    } catch (error) {
      for (const { name, limit } of queues) backlogOf(name).claimFailed(limit);
      if (isTransient(error)) this.#unknownClaims.suspect(); // it may still be committed
      throw error;
    } finally {
      this.#open.delete(request);
      onSettled();
    }
    storageClock.sync(result.now, askedAt);
    this.#claimTime.answered(askedAt, clock.monotonic());
    for (const { name } of queues) runners.get(name)!.claimMs = this.#claimTime.ms;
    const counts = new Map<string, number>();
    for (const { queue } of result.tasks) counts.set(queue, (counts.get(queue) ?? 0) + 1);
    for (const { name, limit } of queues) {
      backlogOf(name).claimAnswered(limit, counts.get(name) ?? 0);
    }
    onClaimed(workerId, result.tasks);
    return result.tasks.length > 0;
  }

  /**
   * Queries the next due instant of the queues for which it is unknown and which have no due tasks.
   */
  async #askNextDue(): Promise<void> {
    if (this.#again || this.#parts.types.length === 0) return;
    const asked = [...this.#parts.runners.values()].filter(({ backlog, paused }) =>
      !backlog.nextDueKnown && !backlog.mayHaveMore && !paused
    );
    if (asked.length === 0) return;
    for (const { backlog } of asked) backlog.nextDueKnown = true;
    try {
      const names = asked.map((runner) => runner.settings.name);
      const due = await this.#parts.storage.nextDueAt(names, this.#parts.types);
      this.#nextDueAt = Math.min(this.#nextDueAt, due ?? Infinity);
    } catch (error) {
      for (const { backlog } of asked) backlog.nextDueKnown = false;
      throw error;
    }
  }

  /** Arms the timer for the next due instant or the next poll, whichever is sooner. */
  #arm(): void {
    if (this.#stopped) return;
    const { clock, storageClock } = this.#parts;
    const pauseMs = this.#fruitless > 1 ? backoffMs(this.#fruitless - 1) : 0;
    const dueInMs = Math.max(pauseMs, this.#nextDueAt - storageClock.now());
    const delayMs = Math.min(dueInMs, this.#pollMs);
    const at = clock.monotonic() + delayMs;
    this.#disarm();
    this.#armedFor = at;
    if (delayMs === Infinity) return;
    this.#disarm = clock.setTimer(() => {
      if (this.#armedFor !== at) return;
      this.#armedFor = Infinity;
      if (this.#nextDueAt <= storageClock.now()) return this.recheckAllQueues();
      this.#forgetNextDue(); // a poll: one query, and a claim only if a task is due
      this.wake();
    }, delayMs);
  }
}
