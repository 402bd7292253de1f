// The worker of one process: connects leases, claims, queues and execution, and starts and stops
// them.

import type { LocalWorker, Reservation } from "../dispatch/local_worker.ts";
import type { ClaimedTask } from "../storage/records.ts";
import type { WakeSignal } from "../storage/requests.ts";
import { TaskCancelledError, WorkerStoppedError } from "../task/abort_reasons.ts";
import { defaultQueue } from "../task/queue_settings.ts";
import { within } from "../time/within.ts";
import type { AttemptEvents } from "./attempt/attempt_events.ts";
import { makeAttemptParts } from "./attempt/attempt_parts.ts";
import type { Executor } from "./attempt/executor.ts";
import type { LogKeeper } from "./attempt/log_keeper.ts";
import type { StatusWriter } from "./attempt/status_writer.ts";
import { Claimer } from "./claim/claimer.ts";
import { Intake } from "./claim/intake.ts";
import { QueueRunner } from "./claim/queue_runner.ts";
import { Reservations } from "./claim/reservations.ts";
import type { HeldTask } from "./held_tasks.ts";
import type { Job } from "./job.ts";
import { GiveBack } from "./lease/give_back.ts";
import { WorkLog } from "./activity/work_log.ts";
import { WorkSender } from "./activity/work_sender.ts";
import { ClaimMark } from "./lease/claim_mark.ts";
import { HeartbeatHandler } from "./lease/heartbeat_handler.ts";
import { LeaseKeeper } from "./lease/lease_keeper.ts";
import { Quarantine } from "./lease/quarantine.ts";
import { SetBackCorrector } from "./lease/set_back_corrector.ts";
import { WorkerReporter } from "./lease/worker_reporter.ts";
import { RateLimiter } from "./rate_limiter.ts";
import { Starter } from "./starter.ts";
import { servesOf, type WorkerParts } from "./worker_parts.ts";

/** Runs tasks in this process. */
export class Worker implements LocalWorker {
  readonly reservations: Reservations;
  readonly #parts: WorkerParts;
  readonly #runners: ReadonlyMap<string, QueueRunner>;
  readonly #keeper: LeaseKeeper;
  readonly #claimer: Claimer;
  readonly #writer: StatusWriter;
  readonly #attemptEvents: AttemptEvents;
  readonly #executor: Executor;
  readonly #logKeeper: LogKeeper;
  readonly #reporter: WorkerReporter;
  readonly #rateLimiter: RateLimiter;
  readonly #quarantine: Quarantine;
  readonly #starter: Starter;
  readonly #corrector: SetBackCorrector;
  readonly #workSender: WorkSender;
  readonly #intake: Intake;
  /** The job that ended last. It may have blocked the event loop. */
  #lastEnded: Job | null = null;
  #stopWaking: () => void = () => {};
  /**
   * The tasks that this process holds, from the claim to the last write, and the places that it has
   * reserved for tasks that are being stored.
   */
  readonly #held = new Set<HeldTask>();
  /** Resolves when no handler runs. */
  #ending: PromiseWithResolvers<void> | null = null;
  /** Resolves when the tasks that have not started are given back; null while the worker claims. */
  #closing: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;

  constructor(parts: WorkerParts) {
    const { storage, home, clock, storageClock, logger } = parts;
    this.#parts = parts;
    this.#runners = new Map(
      [...parts.queues].map(([name, settings]) => [name, new QueueRunner(settings)]),
    );
    const workLog = new WorkLog();
    this.#workSender = new WorkSender({
      ...parts,
      log: workLog,
      version: parts.lease.process.applicationVersion,
    });
    this.#reporter = new WorkerReporter(parts, workLog);
    this.#claimer = new Claimer({
      home,
      storage,
      clock,
      storageClock,
      logger,
      runners: this.#runners,
      types: [...parts.definitions.keys()],
      workerId: () => this.#keeper.workerId,
      giveBackUnknown: (workerId) => this.#intake.giveBackUnknown(workerId),
      onClaimed: (workerId, tasks) => this.#intake.takeIn(workerId, tasks),
      onWorkerLost: (workerId) => this.#keeper.lose(workerId),
    });
    const giveBack = new GiveBack({
      storage,
      logger,
      held: this.#held,
      onFailed: () => this.#claimer.suspectUnknownClaims(),
    });
    this.reservations = new Reservations({
      clock,
      logger,
      runner: (queue) => this.#runner(queue),
      workerId: () => this.#intake.isOpen ? this.#keeper.workerId : null,
      held: this.#held,
    });
    const attempts = makeAttemptParts(parts, {
      held: this.#held,
      workLog,
      queue: (name) => this.#runner(name).settings,
      isAbandoned: (job) => job.lease.workerId !== this.#keeper.workerId,
      expectDue: (at) => this.#claimer.expectDue(at),
      onSettled: (job, now) => this.#onSettled(job, now),
    });
    this.#writer = attempts.writer;
    this.#attemptEvents = attempts.attemptEvents;
    this.#executor = attempts.executor;
    this.#logKeeper = attempts.logKeeper;
    this.#rateLimiter = new RateLimiter({
      worker: parts,
      recorder: attempts.recorder,
      attemptEvents: this.#attemptEvents,
      executor: this.#executor,
      giveBack,
    });
    this.#quarantine = new Quarantine({
      poisonLimit: parts.lease.poisonLimit,
      runner: (queue) => this.#runner(queue),
      onChanged: (runner) => this.#starter.fill(runner),
    });
    this.#starter = new Starter({
      home,
      clock,
      runners: this.#runners,
      rateLimiter: this.#rateLimiter,
      quarantine: this.#quarantine,
      executor: this.#executor,
      holdsLease: (now) => this.#keeper.holdsAt(now),
      onLow: () => this.#claimer.wake(),
    });
    this.#corrector = new SetBackCorrector({
      ...parts,
      patienceMs: parts.lease.leaseMs,
      onCorrected: () => this.#claimer.recheckAllQueues(),
    });
    this.#keeper = new LeaseKeeper({
      storage,
      clock,
      storageClock,
      logger,
      settings: parts.lease,
      serves: servesOf(parts),
      newId: parts.newId,
      claimMark: new ClaimMark({
        held: this.#held,
        openClaims: this.#claimer.openClaims,
        mayHoldUnknown: () => this.#claimer.mayHoldUnknown,
      }),
      listener: new HeartbeatHandler({
        clock,
        logger,
        runners: this.#runners,
        claimer: this.#claimer,
        executor: this.#executor,
        attemptEvents: this.#attemptEvents,
        reporter: this.#reporter,
        corrector: this.#corrector,
        workSender: this.#workSender,
        held: this.#held,
        workerId: () => this.#keeper.workerId,
        onWatchers: parts.onWatchers,
        cancel: (taskIds) => this.cancel(taskIds),
        drain: () => this.#drain(),
        giveBack: (runner) =>
          void this.#intake.releaseWaiting((job) => this.#runner(job.task.queue) === runner),
        resume: (runner) => this.#starter.fill(runner),
        leaseRenewed: () => this.#starter.leaseRenewed(),
        suspects: () => this.#suspects,
      }),
    });
    this.#intake = new Intake({
      storage,
      definitions: parts.definitions,
      runners: this.#runners,
      runner: (queue) => this.#runner(queue),
      held: this.#held,
      keeper: this.#keeper,
      claimer: this.#claimer,
      reservations: this.reservations,
      recorder: attempts.recorder,
      rateLimiter: this.#rateLimiter,
      giveBack,
      starter: this.#starter,
    });
  }

  /** The id under which the worker holds tasks; null while it counts as lost. */
  get workerId(): string | null {
    return this.#keeper.workerId;
  }

  /** Registers the worker and begins to claim. */
  async start(): Promise<void> {
    await this.#keeper.start();
    if (this.#closing !== null) return; // the answer to the first heartbeat asked it to stop
    const { storage, home } = this.#parts;
    this.#stopWaking = storage.onWake((signal) => home.run(() => this.#wake(signal)));
    this.#claimer.start();
  }

  /**
   * Stops claiming, gives back tasks that have not started, and lets running handlers finish until
   * the timeout. Then aborts the handlers that still run, and writes all changes. Takes at most the
   * timeout, three grace periods and two lease durations.
   */
  stop(timeoutMs: number): Promise<void> {
    return (this.#stopping ??= this.#stop(timeoutMs));
  }

  /** Whether the worker claims tasks, or is about to. */
  get isServing(): boolean {
    return this.#closing === null;
  }

  async #stop(timeoutMs: number): Promise<void> {
    const { clock, execution: { graceMs }, lease: { leaseMs } } = this.#parts;
    const givenBack = this.#close();
    if (!await this.#allEndedWithin(timeoutMs)) {
      for (const job of [...this.#executor.running]) {
        this.#executor.abort(job, new WorkerStoppedError());
      }
      await this.#allEndedWithin(graceMs);
      this.#executor.giveUpAll();
    }
    await within(clock, graceMs, this.#executor.idle());
    const handedOver = this.reservations.idle();
    const written = [givenBack, handedOver, this.#writer.idle(), this.#logKeeper.idle()];
    const told = [this.#reporter.idle(), this.#corrector.stop()];
    await within(clock, leaseMs, Promise.all([...written, ...told]));
    await within(clock, graceMs, this.#attemptEvents.idle().then(() => this.#logKeeper.idle()));
    this.#writer.stop();
    this.#executor.stop();
    this.#rateLimiter.stop();
    await within(clock, leaseMs, this.#workSender.sendAll());
    await within(clock, leaseMs, this.#keeper.stop());
  }

  /** Stops claiming, and gives back the tasks that have not started. */
  #close(): Promise<void> {
    if (this.#closing !== null) return this.#closing;
    this.#intake.stop();
    this.#starter.stop();
    this.#stopWaking();
    this.reservations.stop();
    for (const runner of this.#runners.values()) runner.letAllIn();
    const claimed = this.#claimer.stop();
    return (this.#closing = claimed.then(() => this.#intake.releaseWaiting(() => true)));
  }

  /** Stops when the running handlers have ended. */
  #drain(): void {
    if (this.#closing !== null) return;
    const { logger, onDraining } = this.#parts;
    logger.info("Worker {workerId} was asked to stop: it finishes {count} running tasks", {
      workerId: this.#keeper.workerId,
      count: this.#executor.running.size,
    });
    onDraining();
    void this.#close();
    void this.#allEnded().then(() => this.stop(0));
  }

  // ---- LocalWorker: called by the dispatcher of this process ----

  suspectUnknownClaims(): void {
    this.#claimer.suspectUnknownClaims();
  }

  handOver(task: ClaimedTask, reservation: Reservation, payload: unknown, now: number): void {
    this.#intake.handOver(task, reservation, payload, now);
  }

  storedDue(queue: string): void {
    const runner = this.#runner(queue);
    runner.backlog.recheck();
    if (runner.runsLow(this.#parts.clock.monotonic())) this.#claimer.wake();
  }

  expectDue(at: number): void {
    this.#claimer.expectDue(at);
  }

  // ---- called by the instance ----

  /** Cancels the tasks that this worker holds. */
  cancel(taskIds: readonly string[]): void {
    if (taskIds.length === 0) return;
    const ids = new Set(taskIds);
    for (const job of [...this.#executor.running]) {
      if (ids.has(job.task.id)) this.#executor.abort(job, new TaskCancelledError(job.task.id));
    }
    this.#intake.cancelWaiting(ids);
  }

  /** Checks at once for due tasks and paused queues. */
  refresh(): void {
    this.#keeper.beatSoon();
    this.#claimer.recheckAllQueues();
  }

  // ---- private ----

  #wake(signal: WakeSignal): void {
    if (signal.kind === "cancel") this.cancel(signal.taskIds);
    else if (signal.kind === "tasks") this.#claimer.recheckAllQueues();
    else if (signal.kind === "watch") this.#keeper.beatSoon();
    // A heartbeat alone would not show that a queue was paused and resumed since the previous
    // heartbeat.
    else this.refresh();
  }

  #runner(queue: string): QueueRunner {
    return this.#runners.get(queue) ?? this.#runners.get(defaultQueue)!;
  }

  /** The jobs whose handlers may have blocked the event loop. */
  get #suspects(): Job[] {
    return [...this.#executor.running, ...(this.#lastEnded === null ? [] : [this.#lastEnded])];
  }

  #onSettled(job: Job, now: number): void {
    const runner = this.#runner(job.task.queue);
    runner.freeSlot();
    this.#quarantine.ended(job);
    this.#lastEnded = job;
    if (this.#executor.running.size === 0) this.#ending?.resolve();
    this.#starter.fill(runner, now);
  }

  /**
   * Waits until no handler runs, for at most `timeoutMs`. Resolves to false if a handler still
   * runs.
   */
  async #allEndedWithin(timeoutMs: number): Promise<boolean> {
    await within(this.#parts.clock, timeoutMs, this.#allEnded());
    return this.#executor.running.size === 0;
  }

  /** Resolves when no handler runs. No handler starts after {@linkcode Worker.#close}. */
  #allEnded(): Promise<void> {
    if (this.#executor.running.size === 0) return Promise.resolve();
    return (this.#ending ??= Promise.withResolvers<void>()).promise;
  }
}
