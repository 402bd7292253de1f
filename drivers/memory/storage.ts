// Implements Storage in memory. Each method reads the clock once and runs without interruption, so
// it is atomic. This file rejects calls on a closed store, and notifies the other processes.

import { hidden } from "../../src/guards/argument_checks.ts";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { notOpen } from "../../src/storage/kit/open_once.ts";
import type { VerbArguments as Args, VerbResult as Result } from "../../src/storage/kit/verbs.ts";
import type { WorkerRecord } from "../../src/storage/records.ts";
import type { ConnectionOptions, Polling, WakeSignal } from "../../src/storage/requests.ts";
import { isByDue } from "../../src/storage/due_paging.ts";
import { decodeProcess, decodeServes } from "../../src/storage/worker_serves.ts";
import { setStatusByMany, updateCurrentRunByMany } from "../../src/storage/single_changes.ts";
import { cancelsAsked, makesDue } from "../../src/storage/edit_news.ts";
import { allDone } from "../../src/storage/kit/edit_results.ts";
import { lastTransition, putsInLine } from "../../src/storage/status_transitions.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { listActions, noteAction } from "./actions.ts";
import { cancelTask } from "./cancel.ts";
import { changeStatus, endRun } from "./changes.ts";
import { claimTasks } from "./claim.ts";
import { countLogs, saveLogs } from "./execution_logs.ts";
import { makeTaskDue } from "./make_due.ts";
import { listDueTasks } from "./due_search.ts";
import { editTasks } from "./operations.ts";
import { persistTask } from "./persist.ts";
import { purge } from "./purge.ts";
import { pageOf } from "./reading.ts";
import { countTasks, listTasks } from "./search.ts";
import { releaseTask, releaseUnknown } from "./release.ts";
import { correctSeries } from "./series.ts";
import type { MemoryState, WakeListener } from "./state.ts";
import { tableSizes } from "./table_sizes.ts";
import { auditGrowth, backlog, heldTasks, statistics } from "./statistics.ts";
import { drain, heartbeat, register, releaseLost, unregister } from "./workers.ts";

/** A process's view of a memory database. */
export class MemoryStorage implements Storage {
  readonly name = "memory";
  /** Every change is notified at once, so workers need not poll. */
  readonly polling: Polling = { busyMs: Infinity, idleMs: Infinity };
  readonly #state: MemoryState;
  readonly #listeners = new Set<WakeListener>();
  #isOpen = false;

  constructor(state: MemoryState) {
    this.#state = state;
  }

  open(): Promise<{ readonly now: number }> {
    this.#isOpen = true;
    this.#state.listeners.set(this, this.#listeners);
    return Promise.resolve({ now: this.#state.now() });
  }

  close(): Promise<void> {
    this.#isOpen = false;
    this.#state.listeners.delete(this);
    return Promise.resolve();
  }

  persist(...[tasks, options]: Args<"persist">): Result<"persist"> {
    return this.#run((state, now) => {
      refuseConnection(options);
      const results = tasks.map((task) => persistTask(state, task, now));
      if (results.some((result) => !result.claimed)) this.#wake({ kind: "tasks" });
      return results;
    });
  }

  claim(...[request]: Args<"claim">): Result<"claim"> {
    return this.#run((state, now) => ({ now, tasks: claimTasks(state, request, now) }));
  }

  setStatus(...args: Args<"setStatus">): Result<"setStatus"> {
    return setStatusByMany(this, ...args);
  }

  setStatusMany(
    ...[changes, options]: Args<"setStatusMany">
  ): Result<"setStatusMany"> {
    return this.#run((state, now) => {
      refuseConnection(options);
      changes.forEach(lastTransition); // rejects before any change is applied
      const results = changes.map((change) => changeStatus(state, change, now));
      if (changes.some((change) => change.dueInMs !== undefined || putsInLine(change))) {
        this.#wake({ kind: "tasks" });
      }
      return results;
    });
  }

  updateCurrentRun(...args: Args<"updateCurrentRun">): Result<"updateCurrentRun"> {
    return updateCurrentRunByMany(this, ...args);
  }

  updateCurrentRunMany(
    ...[runs, options]: Args<"updateCurrentRunMany">
  ): Result<"updateCurrentRunMany"> {
    return this.#run((state, now) => {
      refuseConnection(options);
      runs.forEach(lastTransition);
      const results = runs.map((run) => endRun(state, run, now));
      this.#wake({ kind: "tasks" });
      return results;
    });
  }

  requestCancel(...[taskIds]: Args<"requestCancel">): Result<"requestCancel"> {
    return this.#run((state, now) => {
      const outcomes = taskIds.map((taskId) => cancelTask(state, taskId, now));
      const requested = taskIds.filter((_, index) => outcomes[index] === "requested");
      if (requested.length > 0) this.#wake({ kind: "cancel", taskIds: requested });
      return outcomes;
    });
  }

  release(...[workerId, tasks]: Args<"release">): Result<"release"> {
    return this.#run((state, now) => {
      for (const task of tasks) releaseTask(state, workerId, task, now);
      this.#wake({ kind: "tasks" });
    });
  }

  releaseUnknown(
    ...[workerId, known]: Args<"releaseUnknown">
  ): Result<"releaseUnknown"> {
    return this.#run((state, now) => {
      const released = releaseUnknown(state, workerId, new Set(known), now);
      if (released > 0) this.#wake({ kind: "tasks" });
      return released;
    });
  }

  makeDue(...[taskIds]: Args<"makeDue">): Result<"makeDue"> {
    return this.#run((state, now) => {
      const results = taskIds.map((taskId) => makeTaskDue(state, taskId, now));
      this.#wake({ kind: "tasks" });
      return results;
    });
  }

  correctSeries(...[corrections]: Args<"correctSeries">): Result<"correctSeries"> {
    return this.#run((state) => {
      const results = corrections.map((correction) => correctSeries(state, correction));
      if (results.includes(true)) this.#wake({ kind: "tasks" });
      return results;
    });
  }

  nextDueAt(...[queues, types]: Args<"nextDueAt">): Result<"nextDueAt"> {
    return this.#run((state) => {
      const names = queues.map((name) => name.toWellFormed());
      const known = types.map((type) => type.toWellFormed());
      const open = names.filter((name) => !state.pausedQueues.has(name));
      const instants = open.map((name) => state.due.earliest(name, known) ?? Infinity);
      const earliest = Math.min(...instants);
      return earliest === Infinity ? null : earliest;
    });
  }

  onWake(listener: (signal: WakeSignal) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  registerWorker(...[worker]: Args<"registerWorker">): Result<"registerWorker"> {
    return this.#run((state, now) => register(state, worker, now));
  }

  heartbeat(...[workerId, leaseMs]: Args<"heartbeat">): Result<"heartbeat"> {
    return this.#run((state, now) => heartbeat(state, workerId, leaseMs, now));
  }

  drainWorker(...[workerId, action]: Args<"drainWorker">): Result<"drainWorker"> {
    return this.#run((state, now) => {
      const isRegistered = drain(state, workerId, action, now);
      if (isRegistered) this.#wake({ kind: "queues" });
      return isRegistered;
    });
  }

  unregisterWorker(
    ...[workerId]: Args<"unregisterWorker">
  ): Result<"unregisterWorker"> {
    return this.#run((state) => unregister(state, workerId));
  }

  releaseLost(...[request]: Args<"releaseLost">): Result<"releaseLost"> {
    return this.#run((state, now) => {
      const lost = releaseLost(state, request, now);
      if (lost.length > 0) this.#wake({ kind: "tasks" });
      return lost;
    });
  }

  setQueuePaused(
    ...[queue, paused, action]: Args<"setQueuePaused">
  ): Result<"setQueuePaused"> {
    return this.#run((state, now) => {
      if (paused) state.pausedQueues.add(queue.toWellFormed());
      else state.pausedQueues.delete(queue.toWellFormed());
      if (action !== undefined) noteAction(state, action, allDone, now);
      this.#wake({ kind: "queues" });
    });
  }

  editTasks(...[request]: Args<"editTasks">): Result<"editTasks"> {
    return this.#run((state, now) => {
      const edited = editTasks(state, request, now);
      const requested = cancelsAsked(request, edited);
      if (requested.length > 0) this.#wake({ kind: "cancel", taskIds: requested });
      if (makesDue(request, edited)) this.#wake({ kind: "tasks" });
      return edited;
    });
  }

  operatorActions(...args: Args<"operatorActions">): Result<"operatorActions"> {
    return this.#run((state) => listActions(state, ...args));
  }

  takeRateSlots(
    ...[requests]: Args<"takeRateSlots">
  ): Result<"takeRateSlots"> {
    return this.#run(({ rateLimits }, now) => ({
      now,
      slots: requests.map((request) => rateLimits.take(request.key.toWellFormed(), now, request)),
    }));
  }

  returnRateSlots(...[slots]: Args<"returnRateSlots">): Result<"returnRateSlots"> {
    return this.#run(({ rateLimits }) => {
      for (const { key, slotAt } of slots) rateLimits.giveBack(key.toWellFormed(), slotAt);
    });
  }

  releaseRateLimit(...[key, action]: Args<"releaseRateLimit">): Result<"releaseRateLimit"> {
    return this.#run((state, now) => {
      const isKnown = state.rateLimits.release(key.toWellFormed(), now);
      if (isKnown) noteAction(state, action, allDone, now);
      return isKnown;
    });
  }

  watchEvents(...[request]: Args<"watchEvents">): Result<"watchEvents"> {
    return this.#run(({ events }, now) => {
      const result = events.watch(request, now);
      if (result.began) this.#wake({ kind: "watch" });
      return result;
    });
  }

  unwatchEvents(...[watcherId]: Args<"unwatchEvents">): Result<"unwatchEvents"> {
    return this.#run(({ events }) => events.unwatch(watcherId));
  }

  publishEvents(...[batch]: Args<"publishEvents">): Result<"publishEvents"> {
    return this.#run(({ events }, now) => events.publish(batch, now));
  }

  readEvents(...[request]: Args<"readEvents">): Result<"readEvents"> {
    return this.#run(({ events }, now) => events.read(request, now));
  }

  sweepEvents(): Result<"sweepEvents"> {
    return this.#run(({ events }, now) => events.sweep(now));
  }

  heldTasks(): Result<"heldTasks"> {
    return this.#run((state) => heldTasks(state));
  }

  rateLimits(...[page]: Args<"rateLimits">): Result<"rateLimits"> {
    return this.#run(({ rateLimits }, now) => rateLimits.list(page, now));
  }

  reportWork(...[report]: Args<"reportWork">): Result<"reportWork"> {
    return this.#run(({ reports }, now) => reports.report(report, now));
  }

  activity(...[request]: Args<"activity">): Result<"activity"> {
    return this.#run(({ reports }) => reports.activity(request));
  }

  failureGroups(...[page, span]: Args<"failureGroups">): Result<"failureGroups"> {
    return this.#run(({ reports }) => reports.failureGroups(page, span));
  }

  get(...[taskId]: Args<"get">): Result<"get"> {
    return this.#run((state) => state.rows.get(taskId)?.toRecord() ?? null);
  }

  getByTaskKey(...[taskKey]: Args<"getByTaskKey">): Result<"getByTaskKey"> {
    return this.#run((state) => state.byKey.get(taskKey.toWellFormed())?.toRecord() ?? null);
  }

  list(...[filter = {}, page = {}]: Args<"list">): Result<"list"> {
    const list = isByDue(page) ? listDueTasks : listTasks;
    return this.#run((state) => list(state, filter, page));
  }

  count(...[filter, request]: Args<"count">): Result<"count"> {
    return this.#run((state) => countTasks(state, filter, request));
  }

  statusAudit(...[taskId, page = {}]: Args<"statusAudit">): Result<"statusAudit"> {
    return this.#run((state) => pageOf(state.rows.get(taskId), (row) => row.statusAudit, page));
  }

  runsAudit(...[taskId, page = {}]: Args<"runsAudit">): Result<"runsAudit"> {
    return this.#run((state) => pageOf(state.rows.get(taskId), (row) => row.runsAudit, page));
  }

  executionLogs(
    ...[taskId, page = {}]: Args<"executionLogs">
  ): Result<"executionLogs"> {
    return this.#run((state) => pageOf(state.rows.get(taskId), (row) => row.logs, page));
  }

  countExecutionLogs(
    ...[taskId, run, limit]: Args<"countExecutionLogs">
  ): Result<"countExecutionLogs"> {
    return this.#run((state) => countLogs(state, taskId, run, limit));
  }

  workers(): Result<"workers"> {
    return this.#run((state, now) => {
      const registered = [...state.workers.values()].filter((worker) => worker.registered);
      return registered.sort((a, b) => a.startedAt - b.startedAt).map((worker): WorkerRecord => {
        const { id, host, draining, startedAt, heartbeatAt } = worker;
        const serves = decodeServes(worker.serves);
        const process = decodeProcess(worker.serves);
        const heartbeatAgeMs = now - heartbeatAt;
        return { id, host, serves, process, draining, startedAt, heartbeatAt, heartbeatAgeMs };
      });
    });
  }

  backlog(...[cap]: Args<"backlog">): Result<"backlog"> {
    return this.#run((state, now) => backlog(state, now, cap));
  }

  statistics(): Result<"statistics"> {
    return this.#run((state, now) => statistics(state, now));
  }

  tableSizes(): Result<"tableSizes"> {
    return this.#run(tableSizes);
  }

  auditGrowth(): Result<"auditGrowth"> {
    return this.#run((state) => auditGrowth(state));
  }

  saveExecutionLogs(
    ...[lines]: Args<"saveExecutionLogs">
  ): Result<"saveExecutionLogs"> {
    return this.#run((state, now) => saveLogs(state, lines, now));
  }

  purge(...[policy, options]: Args<"purge">): Result<"purge"> {
    return this.#run((state, now) => purge(state, policy, options, now));
  }

  /**
   * Runs a method without interruption. The promise rejects with the error that the method throws.
   */
  #run<T>(verb: (state: MemoryState, now: number) => T): Promise<T> {
    return new Promise((resolve) => {
      if (!this.#isOpen) throw notOpen("memory storage");
      resolve(verb(this.#state, this.#state.now()));
    });
  }

  #wake(signal: WakeSignal): void {
    if (this.#state.listeners.size > 1) this.#state.wake(this, signal);
  }
}

function refuseConnection(options: ConnectionOptions | undefined): void {
  if (options?.connection === undefined) return;
  const remedy = "be left out: the memory storage has no transactions that a task could be part of";
  throw new InvalidArgumentError("connection", hidden(options.connection), remedy);
}
