// Creates and connects the parts that run attempts.

import type { WorkLog } from "../activity/work_log.ts";
import type { HeldTasks } from "../held_tasks.ts";
import type { Job } from "../job.ts";
import type { QueueSettings } from "../../task/queue_settings.ts";
import type { WorkerParts } from "../worker_parts.ts";
import { AttemptEvents } from "./attempt_events.ts";
import { AttemptRecorder } from "./attempt_recorder.ts";
import { Executor } from "./executor.ts";
import { LogKeeper } from "./log_keeper.ts";
import { StatusWriter } from "./status_writer.ts";

/** The parts of a worker that attempts depend on. */
export interface AttemptSurroundings {
  /** The tasks that this process holds. */
  readonly held: HeldTasks;
  /** Counts the starts, ends and failures of attempts. */
  readonly workLog: WorkLog;
  readonly queue: (name: string) => QueueSettings;
  /** Whether the lease of a job is lost. */
  readonly isAbandoned: (job: Job) => boolean;
  /** Called with the instant at which a task will be due again, by the storage's clock. */
  readonly expectDue: (at: number) => void;
  /** Called when a job has ended or is given up, and its slot is free. */
  readonly onSettled: (job: Job, now: number) => void;
}

/** The parts that run attempts. */
export interface AttemptParts {
  readonly writer: StatusWriter;
  readonly logKeeper: LogKeeper;
  readonly attemptEvents: AttemptEvents;
  readonly recorder: AttemptRecorder;
  readonly executor: Executor;
}

/** Makes the parts that run a worker's attempts. */
export function makeAttemptParts(
  worker: WorkerParts,
  { held, isAbandoned, workLog, ...surroundings }: AttemptSurroundings,
): AttemptParts {
  const { storage, home, clock, logger, lease, execution } = worker;
  const writer = new StatusWriter(storage, home, clock, logger, held);
  writer.abandonWhere(isAbandoned);
  const logKeeper = new LogKeeper({
    storage,
    clock,
    logger,
    maxLinesPerRun: execution.capture?.maxLinesPerRun ?? 0, // 0: nothing is captured
    retryForMs: lease.leaseMs,
  });
  const attemptEvents = new AttemptEvents({ ...worker, logKeeper, workLog });
  const shared = { ...worker, ...surroundings, writer, logKeeper, attemptEvents };
  const recorder = new AttemptRecorder({ ...shared, onHandedIn: (task) => held.delete(task) });
  const executor = new Executor({ ...shared, recorder, settings: execution });
  return { writer, logKeeper, attemptEvents, recorder, executor };
}
