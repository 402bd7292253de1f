// A claimed task in this process, from the claim to the end of the attempt.

import type { NextRun } from "../schedule/series.ts";
import type { ClaimedTask } from "../storage/records.ts";
import type { Lease } from "../storage/requests.ts";
import type { TaskStatus } from "../storage/task_status.ts";
import type { AnyTask } from "../task.ts";
import type { AttemptContext } from "./attempt/task_context.ts";

/** A status change with the reading of the monotonic clock when it happened. */
export interface TimedTransition {
  readonly status: TaskStatus;
  readonly exception: string | null;
  readonly at: number;
}

/** A claimed task and what has happened to it. */
export class Job {
  readonly task: ClaimedTask;
  readonly definition: AnyTask;
  readonly lease: Lease;
  /**
   * The validated payload, when it is known: the dispatcher of this process has handed it over, or
   * the rate gate has read it.
   */
  payload: { readonly value: unknown } | null;
  /** The rate limit slot that it holds: in the future, or reached. */
  rateSlotAt: number | null;
  /** Whether its rate limit does not count it: there is no key to count it by. */
  rateExempt = false;
  /** Until when a start holds that its rate limit has allowed, by the monotonic clock. */
  startBy = -Infinity;
  /** What has happened and is not yet in storage. */
  transitions: TimedTransition[] = [];
  /**
   * `waiting` in the local queue, `running`, or `ended` (whatever the handler still does no longer
   * counts).
   */
  phase: "waiting" | "running" | "ended" = "waiting";
  /** Readings of the monotonic clock. */
  startedAt = 0;
  /** When storage's answer to the last write about it came. */
  storedAt = -Infinity;
  /** Since when this worker has been alive and serving the job's queue. */
  servedSince = -Infinity;
  deadlineAt = Infinity;
  timeoutMs = Infinity;
  /**
   * The planned instant of the occurrence, for a recurring task; epoch milliseconds of the
   * storage's clock.
   */
  scheduledAt = 0;
  /** How many missed occurrences this one stands for, beside itself; they are dropped. */
  skipped = 0;
  /** Whether `InProgress` is stored or on its way. */
  reported = false;
  /** Whether it was asked to be cancelled: a series ends, even if this run of it completes. */
  cancelled = false;
  /**
   * Whether lines that it logged have been handed to storage: those of a hook that follow have to
   * share the room.
   */
  keptLog = false;
  /** What the handler was given. */
  context: AttemptContext | null = null;
  /**
   * The next run that was stored when the handler completed the task in its own transaction;
   * undefined when it did not.
   */
  completedByHandler: { readonly next: NextRun | null } | undefined;
  /** Called with the abort reason when the attempt is given up: its handler may go on for ever. */
  onGivenUp: ((reason: unknown) => void) | null = null;
  #controller: AbortController | null = null;

  constructor(
    task: ClaimedTask,
    definition: AnyTask,
    workerId: string,
    payload: { readonly value: unknown } | null,
  ) {
    this.task = task;
    this.definition = definition;
    this.lease = { workerId, token: task.leaseToken };
    this.payload = payload;
    this.rateSlotAt = task.rateSlotAt;
  }

  /** Which run of its series this is, from 1; 1 for a one-shot. */
  get run(): number {
    return (this.task.series?.runCount ?? 0) + 1;
  }

  /** Made when somebody asks for it: most handlers of short tasks never do. */
  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  /** Why the signal aborted; undefined when it has not. */
  get abortReason(): unknown {
    return this.#controller?.signal.aborted ? this.#controller.signal.reason : undefined;
  }

  /** Asks the handler to stop. Only the first reason counts. */
  abort(reason: Error): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }

  /** Notes a status change that happened at a reading of the monotonic clock. */
  transition(status: TaskStatus, exception: string | null, at: number): void {
    this.transitions.push({ status, exception, at });
  }
}
