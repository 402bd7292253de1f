// Handles the answers to a worker's heartbeats: requests to cancel, paused queues, lost leases,
// tasks taken over from other workers, and a blocked event loop.

import type { Logger } from "../../log/logger.ts";
import type { EventWatcher, HeartbeatResult, LostTask } from "../../storage/requests.ts";
import type { Clock } from "../../time/clock.ts";
import { LeaseLostError } from "../../task/abort_reasons.ts";
import type { WorkSender } from "../activity/work_sender.ts";
import type { AttemptEvents } from "../attempt/attempt_events.ts";
import type { Claimer } from "../claim/claimer.ts";
import type { Executor } from "../attempt/executor.ts";
import type { Job } from "../job.ts";
import type { HeldTasks } from "../held_tasks.ts";
import type { LeaseListener } from "./lease_keeper.ts";
import type { QueueRunner } from "../claim/queue_runner.ts";
import type { SetBackCorrector } from "./set_back_corrector.ts";
import type { WorkerReporter } from "./worker_reporter.ts";

/** The dependencies of {@linkcode HeartbeatHandler}. */
export interface HeartbeatHandlerParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly runners: ReadonlyMap<string, QueueRunner>;
  readonly claimer: Claimer;
  readonly executor: Executor;
  readonly attemptEvents: AttemptEvents;
  readonly reporter: WorkerReporter;
  readonly corrector: SetBackCorrector;
  /** Reports the work of this process to storage. */
  readonly workSender: WorkSender;
  /** The tasks that this process holds. */
  readonly held: HeldTasks;
  readonly workerId: () => string | null;
  readonly onWatchers: (watchers: readonly EventWatcher[]) => void;
  readonly cancel: (taskIds: readonly string[]) => void;
  /** Finishes the running tasks and stops; has no effect if called again. */
  readonly drain: () => void;
  /** Gives back the waiting jobs of a queue. */
  readonly giveBack: (runner: QueueRunner) => void;
  /** Starts the waiting jobs of a queue. */
  readonly resume: (runner: QueueRunner) => void;
  /** Starts the jobs that wait for the lease to be renewed. */
  readonly leaseRenewed: () => void;
  /** Returns the jobs whose handlers may have blocked the event loop. */
  readonly suspects: () => Iterable<Job>;
}

/** Handles the answers to heartbeats. */
export class HeartbeatHandler implements LeaseListener {
  readonly #parts: HeartbeatHandlerParts;

  constructor(parts: HeartbeatHandlerParts) {
    this.#parts = parts;
  }

  onHeartbeat(result: HeartbeatResult): void {
    const { clock, runners, claimer, corrector, cancel, giveBack, resume } = this.#parts;
    void this.#parts.workSender.send();
    claimer.clockRead();
    corrector.onHeartbeat();
    cancel(result.cancelRequests);
    if (result.watchers !== null) this.#parts.onWatchers(result.watchers);
    if (result.draining) this.#parts.drain();
    for (const [name, runner] of runners) {
      const paused = result.pausedQueues.includes(name);
      if (paused === runner.paused) continue;
      runner.paused = paused;
      if (paused) {
        giveBack(runner);
      } else {
        runner.resumedAt = clock.monotonic();
        resume(runner); // some jobs were claimed before the pause, and arrived after it was noticed
        claimer.recheckAllQueues();
      }
    }
    this.#parts.leaseRenewed();
  }

  onClockSetBack(setBackMs: number): void {
    this.#parts.corrector.clockSetBack(setBackMs);
  }

  onReachable(): void {
    this.#parts.claimer.recheckAllQueues();
  }

  onLeasesLost(workerId: string): void {
    const { runners, executor, attemptEvents, held, logger } = this.#parts;
    const lost = (job: Job) => job.lease.workerId === workerId;
    for (const job of [...executor.running].filter(lost)) {
      attemptEvents.emit("leaseLost", job);
      executor.abort(job, new LeaseLostError(job.task.id));
    }
    for (const runner of runners.values()) runner.removeWhere(lost);
    held.clear();
    logger.error(
      "Worker {workerId} has lost its leases: its heartbeat was late. Its handlers are asked to stop.",
      { workerId },
    );
  }

  onTasksReleased(tasks: readonly LostTask[]): void {
    if (tasks.length === 0) return;
    this.#parts.reporter.tasksReleased(tasks);
    this.#parts.claimer.recheckAllQueues();
  }

  onStarved(blockedMs: number): void {
    const { reporter, suspects, workerId } = this.#parts;
    reporter.starved(blockedMs, suspects(), workerId());
  }
}
