// A storage driver as a third party could write it: it keeps tasks in a Map of one process. It
// imports the contract and the kit for drivers only from public entry points, and passes the
// conformance suite. Each verb runs without an `await`, and is therefore atomic.

import { InvalidArgumentError } from "@evertask/evertask";
import {
  allDone,
  type ConnectionOptions,
  lastTransition,
  OpenOnce,
  setStatusByMany,
  type Storage,
  tableNames,
  updateCurrentRunByMany,
  type VerbArguments as Args,
  type VerbResult as Result,
} from "@evertask/evertask/storage";
import { correctSeries, makeDue, requestCancel } from "./by_hand.ts";
import { applyChange, endRun } from "./changes.ts";
import { claim, nextDueAt, release, releaseUnknown } from "./claim.ts";
import type { MapDatabase } from "./database.ts";
import { countLines, saveLine } from "./execution_logs.ts";
import { editTasks, noteAction, operatorActions } from "./operations.ts";
import { persist } from "./persist.ts";
import { purge } from "./purge.ts";
import { countTasks, getTask, listTasks, pageOf } from "./reading.ts";
import { wellFormed } from "./rows.ts";
import { auditGrowth, queueFigures, tasksByStatus, waitingFigures } from "./statistics.ts";
import { heartbeat, listWorkers, registerWorker, releaseLost } from "./workers.ts";

/** The storage of one process. */
export class MapStorage implements Storage {
  readonly name = "map";
  readonly polling = { busyMs: 100, idleMs: 1_000 };
  readonly #map: OpenOnce<MapDatabase>;

  constructor(database: MapDatabase) {
    this.#map = new OpenOnce({
      what: "map storage",
      open: () => Promise.resolve(database),
      close: () => {},
    });
  }

  async open(): Result<"open"> {
    return { now: (await this.#map.open()).now() };
  }

  close(): Result<"close"> {
    return this.#map.close();
  }

  // ---- the life of a task ----

  persist(...[tasks, options]: Args<"persist">): Result<"persist"> {
    return this.#run((map, now) => tasks.map((task) => persist(map, task, now)), options);
  }

  claim(...[request]: Args<"claim">): Result<"claim"> {
    return this.#run((map, now) => claim(map, request, now));
  }

  setStatus(...args: Args<"setStatus">): Result<"setStatus"> {
    return setStatusByMany(this, ...args);
  }

  setStatusMany(...[changes, options]: Args<"setStatusMany">): Result<"setStatusMany"> {
    return this.#run((map, now) => {
      changes.forEach(lastTransition); // throws for an invalid change before any row changes
      return changes.map((change) =>
        map.write(change, (row) => applyChange(map, row, change, now))
      );
    }, options);
  }

  updateCurrentRun(...args: Args<"updateCurrentRun">): Result<"updateCurrentRun"> {
    return updateCurrentRunByMany(this, ...args);
  }

  updateCurrentRunMany(
    ...[runs, options]: Args<"updateCurrentRunMany">
  ): Result<"updateCurrentRunMany"> {
    return this.#run((map, now) => {
      runs.forEach(lastTransition);
      return runs.map((run) => map.write(run, (row) => endRun(map, row, run, now), true));
    }, options);
  }

  requestCancel(...[taskIds]: Args<"requestCancel">): Result<"requestCancel"> {
    return this.#run((map, now) => taskIds.map((id) => requestCancel(map, id, now)));
  }

  release(...[workerId, tasks]: Args<"release">): Result<"release"> {
    return this.#run((map, now) => release(map, workerId, tasks, now));
  }

  releaseUnknown(...[workerId, known]: Args<"releaseUnknown">): Result<"releaseUnknown"> {
    return this.#run((map, now) => releaseUnknown(map, workerId, known, now));
  }

  makeDue(...[taskIds]: Args<"makeDue">): Result<"makeDue"> {
    return this.#run((map, now) => taskIds.map((id) => makeDue(map, id, now)));
  }

  correctSeries(...[corrections]: Args<"correctSeries">): Result<"correctSeries"> {
    return this.#run((map) => corrections.map((correction) => correctSeries(map, correction)));
  }

  nextDueAt(...[queues, types]: Args<"nextDueAt">): Result<"nextDueAt"> {
    return this.#run((map) => nextDueAt(map, queues, types));
  }

  /** There are no notifications: workers poll. */
  onWake(): Result<"onWake"> {
    return () => {};
  }

  // ---- workers, queues and rate limits ----

  registerWorker(...[worker]: Args<"registerWorker">): Result<"registerWorker"> {
    return this.#run((map, now) => registerWorker(map, worker, now));
  }

  heartbeat(...[workerId, leaseMs]: Args<"heartbeat">): Result<"heartbeat"> {
    return this.#run((map, now) => heartbeat(map, workerId, leaseMs, now));
  }

  drainWorker(...[workerId, action]: Args<"drainWorker">): Result<"drainWorker"> {
    return this.#run((map, now) => {
      const worker = map.workers.get(workerId);
      if (worker === undefined) return false;
      worker.draining = true;
      noteAction(map, { ...action, ...allDone }, now);
      return true;
    });
  }

  unregisterWorker(...[workerId]: Args<"unregisterWorker">): Result<"unregisterWorker"> {
    return this.#run((map) => void map.workers.delete(workerId));
  }

  releaseLost(...[request]: Args<"releaseLost">): Result<"releaseLost"> {
    return this.#run((map, now) => releaseLost(map, request, now));
  }

  setQueuePaused(...[queue, paused, action]: Args<"setQueuePaused">): Result<"setQueuePaused"> {
    const name = wellFormed(queue);
    return this.#run((map, now) => {
      if (paused) map.paused.add(name);
      else map.paused.delete(name);
      if (action !== undefined) noteAction(map, { ...action, ...allDone }, now);
    });
  }

  editTasks(...[request]: Args<"editTasks">): Result<"editTasks"> {
    return this.#run((map, now) => editTasks(map, request, now));
  }

  operatorActions(...args: Args<"operatorActions">): Result<"operatorActions"> {
    return this.#run((map) => operatorActions(map, ...args));
  }

  takeRateSlots(...[requests]: Args<"takeRateSlots">): Result<"takeRateSlots"> {
    return this.#run((map, now) => ({
      now,
      slots: requests.map((each) => map.rates.take(wellFormed(each.key), now, each)),
    }));
  }

  returnRateSlots(...[slots]: Args<"returnRateSlots">): Result<"returnRateSlots"> {
    return this.#run((map) => {
      for (const { key, slotAt } of slots) map.rates.giveBack(wellFormed(key), slotAt);
    });
  }

  releaseRateLimit(
    ...[key, action]: Args<"releaseRateLimit">
  ): Result<"releaseRateLimit"> {
    return this.#run((map, now) => {
      const isKnown = map.rates.release(wellFormed(key), now);
      if (isKnown) noteAction(map, { ...action, ...allDone }, now);
      return isKnown;
    });
  }

  // ---- events of all processes ----

  watchEvents(...[request]: Args<"watchEvents">): Result<"watchEvents"> {
    return this.#run(({ events }, now) => events.watch(request, now));
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
    return this.#run(({ rows }) => {
      const held = [...rows.values()].filter(({ workerId }) => workerId !== null);
      const groups = Map.groupBy(held, ({ workerId, queue }) => JSON.stringify([workerId, queue]));
      return Array.from(groups.values(), (rows) => {
        const { workerId, queue } = rows[0]!;
        return { workerId: workerId!, queue, count: rows.length };
      });
    });
  }

  tableSizes(): Result<"tableSizes"> {
    return this.#run(({ rows }) =>
      tableNames.map((table) => {
        const tasks = table === "QueuedTasks" ? [...rows.values()] : [];
        const rowsOf = table === "QueuedTasks" ? tasks.length : null;
        const oldestAt = tasks.map(({ createdAt }) => createdAt).sort((a, b) => a - b)[0] ?? null;
        return { table, rows: rowsOf, isEstimate: false, bytes: null, oldestAt };
      })
    );
  }

  rateLimits(...[page]: Args<"rateLimits">): Result<"rateLimits"> {
    return this.#run(({ rates }, now) => rates.list(page, now));
  }

  // ---- what workers report ----

  reportWork(...[report]: Args<"reportWork">): Result<"reportWork"> {
    return this.#run((map, now) => map.reports.report(report, now));
  }

  activity(...[request]: Args<"activity">): Result<"activity"> {
    return this.#run((map) => map.reports.activity(request));
  }

  failureGroups(...[page, span]: Args<"failureGroups">): Result<"failureGroups"> {
    return this.#run((map) => map.reports.failureGroups(page, span));
  }

  // ---- reading ----

  get(...[taskId]: Args<"get">): Result<"get"> {
    return this.#run((map) => getTask(map.rows.get(taskId)));
  }

  getByTaskKey(...[taskKey]: Args<"getByTaskKey">): Result<"getByTaskKey"> {
    return this.#run((map) => getTask(map.byKey(taskKey)));
  }

  list(...[filter, page]: Args<"list">): Result<"list"> {
    return this.#run((map) => listTasks(map, filter, page));
  }

  count(...[filter, request]: Args<"count">): Result<"count"> {
    return this.#run((map) => countTasks(map, filter, request));
  }

  statusAudit(...[taskId, page]: Args<"statusAudit">): Result<"statusAudit"> {
    return this.#run((map) => pageOf(map.rows.get(taskId)?.statusAudit, page));
  }

  runsAudit(...[taskId, page]: Args<"runsAudit">): Result<"runsAudit"> {
    return this.#run((map) => pageOf(map.rows.get(taskId)?.runsAudit, page));
  }

  executionLogs(...[taskId, page]: Args<"executionLogs">): Result<"executionLogs"> {
    return this.#run((map) => pageOf(map.rows.get(taskId)?.logs, page));
  }

  countExecutionLogs(
    ...[taskId, run, limit]: Args<"countExecutionLogs">
  ): Result<"countExecutionLogs"> {
    return this.#run((map) => countLines(map, taskId, run, limit));
  }

  workers(): Result<"workers"> {
    return this.#run(listWorkers);
  }

  backlog(...[cap]: Args<"backlog">): Result<"backlog"> {
    return this.#run((map, now) => ({ now, queues: waitingFigures(map, now, cap) }));
  }

  statistics(): Result<"statistics"> {
    return this.#run((map, now) => (
      { now, tasksByStatus: tasksByStatus(map), estimated: [], queues: queueFigures(map, now) }
    ));
  }

  auditGrowth(): Result<"auditGrowth"> {
    return this.#run(auditGrowth);
  }

  // ---- logs and retention ----

  saveExecutionLogs(...[lines]: Args<"saveExecutionLogs">): Result<"saveExecutionLogs"> {
    return this.#run((map, now) => lines.forEach((line) => saveLine(map, line, now)));
  }

  purge(...[policy, options]: Args<"purge">): Result<"purge"> {
    return this.#run((map, now) => purge(map, policy, options, now));
  }

  /** Runs a verb without interruption; the promise rejects with an error that the verb throws. */
  #run<T>(
    verb: (map: MapDatabase, now: number) => T,
    { connection }: ConnectionOptions = {},
  ): Promise<T> {
    return new Promise((resolve) => {
      const map = this.#map.opened;
      if (connection !== undefined) {
        throw new InvalidArgumentError(
          "connection",
          "one",
          "be left out: a Map has no transactions",
        );
      }
      resolve(verb(map, map.now()));
    });
  }
}
