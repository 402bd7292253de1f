// The simplest implementation of the storage contract for tasks: an array of records, and one small
// function for each verb. The model has its own clock, in milliseconds from its start.

import { shouldCreateStatusAudit } from "../../../src/storage/kit/audit_policy.ts";
import type { AuditLevel } from "../../../src/audit/audit_level.ts";
import type { TaskStatus } from "../../../src/storage/task_status.ts";

/** A task in the model. */
export interface ModelTask {
  readonly id: string;
  key: string | null;
  queue: string;
  type: string;
  level: AuditLevel;
  priority: number;
  status: TaskStatus;
  exception: string | null;
  dueAt: number | null;
  worker: string | null;
  token: number;
  attempt: number;
  lostCount: number;
  cancelRequested: boolean;
  series: { nextRunAt: number | null; runCount: number } | null;
  /** The expected status audit. */
  readonly trail: string[];
}

/** The request of a dispatch. */
export interface ModelDispatch {
  readonly id: string;
  readonly key: string | null;
  readonly queue: string;
  readonly type: string;
  readonly level: AuditLevel;
  readonly priority: number;
  readonly delayMs: number;
  readonly series: boolean;
  readonly claimFor: string | null;
}

/** How an attempt ends. */
export interface ModelEnding {
  readonly status: TaskStatus;
  readonly exception: string | null;
  readonly dueInMs?: number;
  readonly returnAttempt?: boolean;
}

const terminal: readonly TaskStatus[] = ["Completed", "Failed", "Cancelled", "ServiceStopped"];

/** The whole store. */
export class Model {
  now = 0;
  readonly tasks: ModelTask[] = [];
  /** The registered workers and the instants of their last heartbeats. */
  readonly workers = new Map<string, number>();
  readonly paused = new Set<string>();
  readonly leaseMs: number;

  constructor(leaseMs: number) {
    this.leaseMs = leaseMs;
  }

  hasEnded(task: ModelTask): boolean {
    return task.worker === null && task.dueAt === null && !(task.series?.nextRunAt != null) &&
      terminal.includes(task.status);
  }

  dispatch(asked: ModelDispatch): { id: string; outcome: string; claimed: boolean } {
    const existing = asked.key === null ? undefined : this.tasks.find((t) => t.key === asked.key);
    if (existing !== undefined) {
      if (existing.worker !== null || existing.status === "InProgress") {
        return { id: existing.id, outcome: "existing", claimed: false };
      }
      if (!this.hasEnded(existing)) return this.#update(existing, asked);
      existing.key = null;
    }
    const status = asked.delayMs === 0 ? "Queued" : "WaitingQueue";
    const claimed = asked.claimFor !== null && this.workers.has(asked.claimFor) &&
      status === "Queued" && !this.paused.has(asked.queue);
    const dueAt = this.now + asked.delayMs;
    const task: ModelTask = {
      ...asked,
      status,
      exception: null,
      dueAt: claimed ? null : dueAt,
      worker: claimed ? asked.claimFor : null,
      token: claimed ? 1 : 0,
      attempt: claimed ? 1 : 0,
      lostCount: 0,
      cancelRequested: false,
      series: asked.series ? { nextRunAt: dueAt, runCount: 0 } : null,
      trail: [],
    };
    this.tasks.push(task);
    this.#setStatus(task, status, null);
    return { id: task.id, outcome: "created", claimed };
  }

  /** Returns the tasks that a claim of these queues and types may return. */
  claimable(queues: readonly string[], types: readonly string[]): ModelTask[] {
    return this.tasks.filter((task) =>
      task.dueAt !== null && task.dueAt <= this.now && queues.includes(task.queue) &&
      types.includes(task.type) && !this.paused.has(task.queue)
    );
  }

  claimed(task: ModelTask, worker: string): void {
    task.worker = worker;
    task.dueAt = null;
    task.attempt++;
    task.token++;
  }

  holds(task: ModelTask, worker: string, token: number): boolean {
    return task.worker === worker && task.token === token;
  }

  change(task: ModelTask, transitions: readonly ModelEnding[]): void {
    const { status, dueInMs, returnAttempt = false } = transitions.at(-1)!;
    const reportsStart = status === "InProgress" && dueInMs === undefined;
    if (reportsStart && task.status === "InProgress") return; // reported before
    for (const { status, exception } of transitions) this.#setStatus(task, status, exception);
    if (returnAttempt) task.attempt = Math.max(0, task.attempt - 1);
    if (dueInMs !== undefined) this.#endLease(task, this.now + dueInMs);
    else if (status !== "InProgress" && status !== "Queued") this.#endLease(task, null);
  }

  endRun(task: ModelTask, ending: ModelEnding, nextRunAt: number | null, counts: boolean): void {
    this.#setStatus(task, ending.status, ending.exception);
    task.attempt = 0;
    task.lostCount = 0;
    task.series!.nextRunAt = nextRunAt;
    if (counts) task.series!.runCount++;
    this.#endLease(task, nextRunAt);
  }

  release(task: ModelTask): void {
    task.attempt = Math.max(0, task.attempt - 1);
    this.#endLease(task, this.now);
  }

  cancel(task: ModelTask): string {
    if (task.worker !== null) {
      task.cancelRequested = true;
      return "requested";
    }
    if (this.hasEnded(task)) return "ended";
    if (task.series !== null) task.series.nextRunAt = null;
    this.#setStatus(task, "Cancelled", null);
    this.#endLease(task, null);
    return "cancelled";
  }

  makeDue(task: ModelTask): boolean {
    if (task.worker !== null) return false;
    if (task.dueAt !== null) {
      task.dueAt = Math.min(task.dueAt, this.now);
      return true;
    }
    if (task.series !== null || task.status === "Completed") return false;
    task.attempt = 0;
    task.lostCount = 0;
    this.#setStatus(task, "Queued", null);
    task.dueAt = this.now;
    return true;
  }

  /** Removes lost workers, releases their tasks, and returns the ids of these tasks. */
  releaseLost(poisonLimit: number, lostReason: string, poisonReason: string): string[] {
    for (const [worker, heardAt] of this.workers) {
      if (this.now - heardAt > this.leaseMs) this.workers.delete(worker);
    }
    const lost = this.tasks.filter(({ worker }) => worker !== null && !this.workers.has(worker));
    for (const task of lost) {
      const wasRunning = task.status === "InProgress";
      if (wasRunning || task.lostCount === 0) task.lostCount++;
      else task.attempt--;
      const poisoned = wasRunning && task.lostCount > poisonLimit;
      this.#setStatus(
        task,
        poisoned ? "Failed" : "ServiceStopped",
        poisoned ? poisonReason : lostReason,
      );
      if (poisoned && task.series !== null) task.series.nextRunAt = null;
      this.#endLease(task, poisoned ? null : this.now);
    }
    return lost.map(({ id }) => id);
  }

  #update(task: ModelTask, asked: ModelDispatch) {
    const { queue, type, level, priority, delayMs } = asked;
    Object.assign(task, { queue, type, level, priority });
    task.exception = null;
    task.cancelRequested = false;
    task.attempt = 0;
    task.lostCount = 0;
    task.dueAt = this.now + delayMs;
    const status = delayMs === 0 ? "Queued" : "WaitingQueue";
    if (task.status !== status) this.#setStatus(task, status, null);
    return { id: task.id, outcome: "updated", claimed: false };
  }

  #endLease(task: ModelTask, dueAt: number | null): void {
    task.worker = null;
    if (dueAt === null) task.cancelRequested = false;
    task.dueAt = dueAt !== null && task.cancelRequested ? this.now : dueAt;
  }

  #setStatus(task: ModelTask, status: TaskStatus, exception: string | null): void {
    task.status = status;
    task.exception = exception;
    if (shouldCreateStatusAudit(task.level, status, exception)) {
      task.trail.push(exception === null ? status : `${status}: ${exception}`);
    }
  }
}
