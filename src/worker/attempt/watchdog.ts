// Watches the running jobs with a single timer. Reports jobs that have run long enough to be shown
// as in progress, and jobs that have exceeded their timeout, or their grace period after an abort.

import type { Clock } from "../../time/clock.ts";
import type { Job } from "../job.ts";

/**
 * The run time in milliseconds after which a job is reported as in progress. The end of a shorter
 * job writes both changes in one write.
 */
export const reportAfterMs = 100;

/** The callbacks of a watchdog. */
export interface WatchdogFindings {
  /** Called when a job has run long enough to be reported. */
  onLongRunning(job: Job): void;
  /**
   * Called when a job's deadline has passed. Called once per job, unless the deadline is set again.
   */
  onDeadline(job: Job): void;
}

/** Watches running jobs. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #findings: WatchdogFindings;
  readonly #jobs = new Set<Job>();
  #armedFor = Infinity;
  #disarm: () => void = () => {};

  constructor(clock: Clock, findings: WatchdogFindings) {
    this.#clock = clock;
    this.#findings = findings;
  }

  /** The jobs that are running. */
  get jobs(): ReadonlySet<Job> {
    return this.#jobs;
  }

  add(job: Job): void {
    this.#jobs.add(job);
    this.#arm(Math.min(job.attempt.startedAt + reportAfterMs, job.attempt.deadlineAt));
  }

  remove(job: Job): void {
    this.#jobs.delete(job);
  }

  /** Sets or moves a job's deadline. */
  setDeadline(job: Job, deadlineAt: number): void {
    job.attempt.setDeadline(deadlineAt);
    this.#arm(deadlineAt);
  }

  stop(): void {
    this.#disarm();
    this.#armedFor = Infinity;
  }

  #arm(at: number): void {
    if (at >= this.#armedFor) return;
    this.#disarm();
    this.#armedFor = at;
    const delay = at - this.#clock.monotonic();
    this.#disarm = this.#clock.setTimer(() => this.#sweep(), delay);
  }

  #sweep(): void {
    this.#armedFor = Infinity;
    const now = this.#clock.monotonic();
    let next = Infinity;
    for (const job of [...this.#jobs]) {
      if (!job.attempt.isReported && now >= job.attempt.startedAt + reportAfterMs) {
        job.attempt.markReported();
        this.#findings.onLongRunning(job);
      }
      if (now >= job.attempt.deadlineAt) {
        job.attempt.setDeadline(Infinity);
        this.#findings.onDeadline(job);
      }
      if (!this.#jobs.has(job)) continue;
      const reportAt = job.attempt.isReported ? Infinity : job.attempt.startedAt + reportAfterMs;
      next = Math.min(next, reportAt, job.attempt.deadlineAt);
    }
    this.#arm(next);
  }
}
