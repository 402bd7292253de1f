// Writes the changes of claimed tasks in natural batches. Writes one batch at a time if storage is
// near, and several concurrently if storage is far. A task's changes stay in order. Retries a
// failed write until the write succeeds or the lease is lost. Handlers keep running during the
// retries.

import type { HomeContext } from "../../time/home_context.ts";
import type { Logger } from "../../log/logger.ts";
import { backoffMs } from "../../storage/batching/backoff.ts";
import { batchEnd } from "../../storage/batching/batch_size.ts";
import { isTransient } from "../../storage/batching/retry_transient.ts";
import { WriteConcurrency } from "../../storage/batching/write_concurrency.ts";
import type { ChangeResult, RunEnd, StatusChange } from "../../storage/requests.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Clock } from "../../time/clock.ts";
import { nextMacrotask } from "../../time/macrotask.ts";
import type { Job } from "../job.ts";
import type { HeldTasks } from "../held_tasks.ts";
import { storedEnds } from "./read_back.ts";
import type { TimedTransition } from "./unwritten_transitions.ts";
import { transitionsByAge } from "./transition_ages.ts";

/** The data to write at the end of an attempt, in addition to the transitions of its job. */
export type AttemptEnd =
  | {
    readonly kind: "change";
    readonly change: Pick<
      StatusChange,
      "dueInMs" | "returnAttempt" | "rateSlotAt" | "executionTimeMs"
    >;
  }
  | {
    readonly kind: "run";
    readonly run: Pick<RunEnd, "nextRunAt" | "executionTimeMs" | "counts">;
  };

/** A pending write. If `end` is null, the write reports that the job is in progress. */
interface Entry {
  readonly job: Job;
  readonly end: AttemptEnd | null;
  /** Taken from the job when the write is first tried. */
  transitions: readonly TimedTransition[];
  readonly onWritten: (applied: boolean) => void;
}

/** Passes entries of one kind to storage. */
type Write = (entries: readonly Entry[]) => Promise<readonly ChangeResult[]>;

const maxBatch = 1000;

function isRun({ end }: Entry): boolean {
  return end?.kind === "run";
}

/** Returns the length of the text that an entry will write: its transitions' exceptions. */
function sizeOf({ job: { unwritten: { waiting } } }: Entry): number {
  let size = 0;
  for (let i = 0; i < waiting.length; i++) size += waiting[i]!.exception?.length ?? 0;
  return size;
}

/** The report that a job is in progress changes nothing but the status. */
const nothing = {};

const nothingApplied: ReadonlySet<Entry> = new Set();

/** Shared by the entries whose write was not yet tried. */
const none: readonly TimedTransition[] = [];

/** Gathers and writes the changes of this process's jobs. */
export class StatusWriter {
  readonly #storage: Storage;
  readonly #home: HomeContext;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #pending: Entry[] = [];
  /**
   * The entries that storage rejects. Each is retried separately, so that it does not delay other
   * entries.
   */
  readonly #isolated = new Set<Entry>();
  /** The reports that are being written. */
  readonly #reports = new Map<Job, Entry>();
  /**
   * The jobs whose reports are in a batch in progress. The ends of these jobs wait for the next
   * batch.
   */
  readonly #reporting = new Set<Job>();
  /** Jobs with an abandoned entry. */
  readonly #givenUp = new WeakSet<Job>();
  readonly #concurrency = new WriteConcurrency({ least: 1, most: 8, msPerWrite: 4 });
  /** The number of batches that are in progress or about to be taken. */
  #flushing = 0;
  #isScheduled = false;
  #stopped = false;
  #idleWaiters: (() => void)[] = [];
  readonly #held: HeldTasks;
  #isAbandoned: (job: Job) => boolean = () => false;

  /** @param held The tasks that this process holds. A task is removed once its end is written. */
  constructor(
    storage: Storage,
    home: HomeContext,
    clock: Clock,
    logger: Logger,
    held: HeldTasks,
  ) {
    this.#held = held;
    this.#home = home;
    this.#storage = storage;
    this.#clock = clock;
    this.#logger = logger;
  }

  /**
   * Sets `isAbandoned`, which reports whether the lease of a job is lost. A failed write of such a
   * job is given up instead of retried.
   */
  abandonWhere(isAbandoned: (job: Job) => boolean): void {
    this.#isAbandoned = isAbandoned;
  }

  /**
   * Reports that a job is in progress. If the job ends before the write is sent, the write of the
   * end includes the report.
   */
  report(job: Job, onWritten: (applied: boolean) => void): void {
    this.#add({ job, end: null, transitions: none, onWritten });
  }

  /**
   * Withdraws the report of a job. If it is being written already, returns its transitions, which
   * may be stored or not; otherwise returns null.
   */
  withdrawReport(job: Job): readonly TimedTransition[] | null {
    const at = this.#pending.findIndex((entry) => entry.job === job && entry.end === null);
    if (at >= 0) this.#pending.splice(at, 1);
    return this.#reports.get(job)?.transitions ?? null;
  }

  /** Writes the end of an attempt, with all transitions of the job that are not yet in storage. */
  end(job: Job, end: AttemptEnd, onWritten: (applied: boolean) => void): void {
    this.#add({ job, end, transitions: none, onWritten });
  }

  /** Resolves when nothing is left to write. */
  idle(): Promise<void> {
    if (this.#isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Stops retrying failed writes. Their tasks are due again when the lease ends. */
  stop(): void {
    this.#stopped = true;
  }

  get #isIdle(): boolean {
    return this.#flushing === 0 && this.#pending.length === 0 && this.#isolated.size === 0;
  }

  #tellIfIdle(): void {
    if (this.#isIdle) { for (const resolve of this.#idleWaiters.splice(0)) resolve(); }
  }

  #add(entry: Entry): void {
    this.#pending.push(entry);
    if (this.#isScheduled || this.#flushing >= this.#concurrency.limit) return;
    this.#isScheduled = true;
    this.#flushing++;
    nextMacrotask(() => this.#home.run(() => void this.#flushAll()));
  }

  async #flushAll(): Promise<void> {
    this.#isScheduled = false;
    for (let batch; (batch = this.#take()) !== null;) {
      await this.#writeBatch(batch);
      if (this.#reporting.size > 0) { for (const { job } of batch) this.#reporting.delete(job); }
    }
    this.#flushing--;
    this.#tellIfIdle();
  }

  async #writeBatch(batch: readonly Entry[]): Promise<void> {
    if (!batch.some(isRun)) return await this.#write(batch, this.#writeChanges);
    await Promise.all([
      this.#write(batch.filter((entry) => !isRun(entry)), this.#writeChanges),
      this.#write(batch.filter(isRun), this.#writeRuns),
    ]);
  }

  /** Takes the next batch; null if there is none, or all its jobs wait for other batches. */
  #take(): Entry[] | null {
    if (this.#pending.length === 0) return null;
    const taken = this.#pending.splice(0, batchEnd(this.#pending, 0, maxBatch, sizeOf));
    const batch: Entry[] = [];
    const waiting: Entry[] = [];
    for (const entry of taken) {
      if (this.#reporting.has(entry.job)) {
        waiting.push(entry);
        continue;
      }
      if (entry.end === null && entry.job.attempt.phase === "ended") continue;
      if (this.#givenUp.has(entry.job)) {
        this.#written(entry, false); // the abandoned transitions would be missing from the history
        continue;
      }
      entry.transitions = entry.job.unwritten.take();
      if (entry.end === null) {
        this.#reports.set(entry.job, entry);
        this.#reporting.add(entry.job);
      }
      batch.push(entry);
    }
    if (waiting.length > 0) this.#pending.unshift(...waiting);
    return waiting.length === taken.length ? null : batch;
  }

  /** Writes `entries`, and retries until each is written or given up. */
  async #write(
    entries: readonly Entry[],
    write: Write,
  ): Promise<void> {
    for (let failures = 0; entries.length > 0;) {
      try {
        const sentAt = this.#clock.monotonic();
        const results = await write(entries);
        const now = this.#clock.monotonic();
        this.#concurrency.answered(sentAt, now);
        const earlier = failures === 0
          ? nothingApplied
          : await this.#endedBefore(entries.filter((_, i) => !results[i]!.applied));
        for (let i = 0; i < entries.length; i++) {
          entries[i]!.job.unwritten.answered(now);
          this.#written(entries[i]!, results[i]!.applied || earlier.has(entries[i]!));
        }
        return;
      } catch (error) {
        failures++;
        const transient = isTransient(error);
        if (this.#stopped) return;
        if (!transient && entries.length > 1) {
          // A rejected change must not delay the other changes of its batch.
          for (const entry of entries) await this.#write([entry], write);
          return;
        }
        if (!transient && !this.#isolated.has(entries[0]!)) {
          void this.#writeIsolated(entries[0]!, write);
          return;
        }
        this.#logger[transient ? "warn" : "error"](
          "Writing the status of {count} tasks failed (try {failures}, will retry): {error}",
          { count: entries.length, failures, error },
        );
        await new Promise<void>((resolve) => this.#clock.setTimer(resolve, backoffMs(failures)));
      }
      entries = entries.filter((entry) => {
        if (!this.#isAbandoned(entry.job)) return true;
        this.#givenUp.add(entry.job);
        this.#written(entry, false);
        return false;
      });
    }
  }

  #written(entry: Entry, applied: boolean): void {
    if (entry.end === null) this.#reports.delete(entry.job);
    else this.#held.delete(entry.job.task);
    entry.onWritten(applied);
  }

  /** Keeps retrying an entry on its own, concurrently with the other writes. */
  async #writeIsolated(
    entry: Entry,
    write: Write,
  ): Promise<void> {
    this.#isolated.add(entry);
    await this.#write([entry], write);
    this.#isolated.delete(entry);
    this.#tellIfIdle();
  }

  readonly #writeChanges: Write = (entries) => {
    const now = this.#clock.monotonic();
    return this.#storage.setStatusMany(entries.map(({ job, end, transitions }): StatusChange => ({
      ...(end?.kind === "change" ? end.change : nothing),
      taskId: job.task.id,
      auditLevel: job.task.auditLevel,
      transitions: transitionsByAge(job.unwritten, transitions, now),
      lease: job.lease,
    })));
  };

  readonly #writeRuns: Write = (entries) => {
    const now = this.#clock.monotonic();
    return this.#storage.updateCurrentRunMany(entries.map(({ job, end, transitions }): RunEnd => ({
      ...(end as AttemptEnd & { readonly kind: "run" }).run,
      taskId: job.task.id,
      auditLevel: job.task.auditLevel,
      transitions: transitionsByAge(job.unwritten, transitions, now),
      lease: job.lease,
    })));
  };

  /**
   * Returns the ends that an earlier try has applied; none if they cannot be read. A report that is
   * stored already is applied again, without an effect.
   */
  async #endedBefore(entries: readonly Entry[]): Promise<ReadonlySet<Entry>> {
    try {
      return await storedEnds(this.#storage, entries.filter(({ end }) => end !== null));
    } catch (error) {
      const count = entries.length;
      this.#logger.warn("Reading back {count} tasks failed: {error}", { count, error });
      return nothingApplied;
    }
  }
}
