// Writes the changes of claimed tasks in natural batches: one at a time if storage is near, several
// if it is far. A task's changes stay in order. Retries a failed write until the write succeeds or
// the lease is lost. Handlers keep running during the retries.

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
import { storedChanges } from "./read_back.ts";
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

/** A pending write. If `end` is null, it reports that the job is in progress. */
interface Entry {
  readonly job: Job;
  readonly end: AttemptEnd | null;
  /** Taken from the job when the write is first tried. */
  transitions: readonly TimedTransition[];
  readonly onWritten: (applied: boolean) => void;
  /** Set if the report is recalled while it is being written. Called once it is not any more. */
  onRecalled?: () => void;
  /** Whether the job has its transitions back although a try of the write is not answered. */
  isHandedBack?: true;
}

/** Passes entries of one kind to storage. */
type Write = (entries: readonly Entry[]) => Promise<readonly ChangeResult[]>;

const maxBatch = 1000;

/**
 * The time in milliseconds for which a completion waits for a report that is being written. The
 * report may itself wait, for the connection or the lock that the handler's transaction holds.
 */
const recallPatienceMs = 3000;

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
   * The entries that storage rejects. Each is retried separately, so that it does not delay the
   * others.
   */
  readonly #isolated = new Set<Entry>();
  /** The reports that are being written. */
  readonly #reports = new Map<Job, Entry>();
  /** The jobs whose reports are in a batch in progress. Their ends wait for the next one. */
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
   * Withdraws the report of a job, so that no other write of the job can overtake it. Returns null
   * if no report is being written; otherwise resolves when the report is stored, or when a try has
   * failed or is not answered in time: then its transitions are the job's again. Does not wait for
   * further tries, which may wait for a lock of the caller's transaction.
   */
  recall(job: Job): Promise<void> | null {
    const at = this.#pending.findIndex((entry) => entry.job === job && entry.end === null);
    if (at >= 0) this.#pending.splice(at, 1);
    const report = this.#reports.get(job);
    if (report === undefined) return null;
    const { onRecalled } = report; // of another completion
    return new Promise((resolve) => {
      const disarm = this.#clock.setTimer(() => this.#handBack(report), recallPatienceMs);
      report.onRecalled = () => {
        disarm();
        onRecalled?.();
        resolve();
      };
    });
  }

  /** Returns the transitions of a report whose try is not answered to its job. */
  #handBack(report: Entry): void {
    report.isHandedBack = true;
    report.job.unwritten.giveBack(report.transitions);
    this.#endReport(report);
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
        if (failures > 0) entries = await this.#withoutStoredReports(entries);
        if (entries.length === 0) return;
        const sentAt = this.#clock.monotonic();
        const results = await write(entries);
        const now = this.#clock.monotonic();
        this.#concurrency.answered(sentAt, now);
        const earlier = failures === 0
          ? nothingApplied
          : await this.#appliedBefore(entries.filter((_, i) => !results[i]!.applied));
        for (let i = 0; i < entries.length; i++) {
          entries[i]!.job.unwritten.answered(now);
          this.#written(entries[i]!, results[i]!.applied || earlier.has(entries[i]!));
        }
        return;
      } catch (error) {
        failures++;
        const transient = isTransient(error);
        if (this.#stopped) return entries.forEach((entry) => this.#endReport(entry));
        if (!transient && entries.length > 1) {
          // A rejected change must not delay the others of its batch.
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
    if (entry.end === null) this.#endReport(entry);
    else this.#held.delete(entry.job.task);
    if (applied && entry.isHandedBack) entry.job.unwritten.drop(entry.transitions);
    entry.onWritten(applied);
  }

  #endReport(entry: Entry): void {
    if (entry.end === null) this.#reports.delete(entry.job);
    entry.onRecalled?.();
  }

  /**
   * Removes the reports that a write stored although it failed, and those that are recalled. Throws
   * if storage does not answer, because a report that is written again could then appear in the
   * history twice.
   */
  async #withoutStoredReports(entries: readonly Entry[]): Promise<readonly Entry[]> {
    const reports = entries.filter(({ end }) => end === null);
    const stored = await storedChanges(this.#storage, reports);
    const now = this.#clock.monotonic();
    for (const entry of stored) {
      entry.job.unwritten.answered(now);
      this.#written(entry, true);
    }
    return entries.filter((entry) => {
      if (stored.has(entry)) return false;
      if (entry.onRecalled === undefined) return true;
      if (!entry.isHandedBack) entry.job.unwritten.giveBack(entry.transitions);
      this.#endReport(entry);
      return false;
    });
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

  /** Returns the entries that an earlier try has applied; none if they cannot be read. */
  async #appliedBefore(entries: readonly Entry[]): Promise<ReadonlySet<Entry>> {
    try {
      return await storedChanges(this.#storage, entries);
    } catch (error) {
      const count = entries.length;
      this.#logger.warn("Reading back {count} tasks failed: {error}", { count, error });
      return nothingApplied;
    }
  }
}
