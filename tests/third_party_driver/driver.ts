// A storage driver as a third party could write it: tasks in a Map, within one process. It takes
// the contract, and what drivers have in common, from public entry points alone, and passes the
// conformance suite. Each verb runs without an `await`, and so is a transaction.

import {
  type CancelOutcome,
  InvalidArgumentError,
  type TaskFilter,
  type TaskStatus,
  taskStatuses,
} from "@evertask/evertask";
import {
  type ConnectionOptions,
  countStart,
  decodeServes,
  encodeServes,
  lastTransition,
  notOpen,
  setStatusByMany,
  type Storage,
  taskPageStart,
  toTaskPage,
  updateCurrentRunByMany,
  type VerbArguments as Args,
  type VerbResult as Result,
  WorkerLostError,
} from "@evertask/evertask/storage";
import { applyChange, endRun } from "./changes.ts";
import type { MapDatabase } from "./database.ts";
import { pageOf } from "./pages.ts";
import { persist } from "./persist.ts";
import { purge } from "./purge.ts";
import {
  endLease,
  giveBack,
  hasEnded,
  lease,
  matches,
  type Row,
  startAnew,
  toClaimed,
  toRecord,
  wellFormed,
} from "./rows.ts";
import { growth, queueFigures } from "./statistics.ts";
import { heartbeat, releaseLost } from "./workers.ts";

/** The storage of one process. */
export class MapStorage implements Storage {
  readonly name = "map";
  readonly polling = { busyMs: 100, idleMs: 1_000 };
  readonly #database: MapDatabase;
  #isOpen = false;

  constructor(database: MapDatabase) {
    this.#database = database;
  }

  async open(): Result<"open"> {
    this.#isOpen = true;
    return await Promise.resolve({ now: this.#database.now() });
  }

  close(): Result<"close"> {
    this.#isOpen = false;
    return Promise.resolve();
  }

  // ---- the life of a task ----

  persist(...[tasks, options]: Args<"persist">): Result<"persist"> {
    return this.#run(options, (now) => tasks.map((task) => persist(this.#database, task, now)));
  }

  claim(...[{ workerId, types, queues }]: Args<"claim">): Result<"claim"> {
    return this.#run({}, (now) => {
      if (!this.#database.workers.has(workerId)) throw new WorkerLostError(workerId);
      const known = new Set(types.map(wellFormed));
      const tasks = queues.flatMap(({ name, limit }) =>
        this.#database.waiting(wellFormed(name), known)
          .filter(({ dueAt }) => dueAt! <= now)
          .sort((a, b) => b.priority - a.priority || a.dueAt! - b.dueAt! || (a.id < b.id ? -1 : 1))
          .slice(0, limit)
      );
      return {
        now,
        tasks: tasks.map((row) => {
          const dueAt = row.dueAt!;
          lease(row, workerId);
          return toClaimed(row, dueAt);
        }),
      };
    });
  }

  setStatus(...args: Args<"setStatus">): Result<"setStatus"> {
    return setStatusByMany(this, ...args);
  }

  setStatusMany(...[changes, options]: Args<"setStatusMany">): Result<"setStatusMany"> {
    return this.#run(options, (now) => {
      changes.forEach(lastTransition); // refuses all of them or none
      return changes.map((change) =>
        this.#database.write(change, (row) => applyChange(this.#database, row, change, now))
      );
    });
  }

  updateCurrentRun(...args: Args<"updateCurrentRun">): Result<"updateCurrentRun"> {
    return updateCurrentRunByMany(this, ...args);
  }

  updateCurrentRunMany(
    ...[runs, options]: Args<"updateCurrentRunMany">
  ): Result<"updateCurrentRunMany"> {
    return this.#run(options, (now) => {
      runs.forEach(lastTransition);
      return runs.map((run) =>
        this.#database.write(run, (row) => endRun(this.#database, row, run, now), true)
      );
    });
  }

  requestCancel(...[taskIds]: Args<"requestCancel">): Result<"requestCancel"> {
    return this.#run({}, (now) =>
      taskIds.map((id): CancelOutcome => {
        const row = this.#database.rows.get(id);
        if (row === undefined) return "unknown";
        if (row.workerId === null && hasEnded(row)) return "ended";
        if (row.workerId !== null) {
          row.cancelRequested = true;
          return "requested";
        }
        if (row.series !== null) row.series.nextRunAt = null;
        this.#database.setStatus(row, "Cancelled", null, now);
        endLease(row, null, now);
        return "cancelled";
      }));
  }

  release(...[workerId, tasks]: Args<"release">): Result<"release"> {
    return this.#run({}, (now) => {
      for (const { taskId, token, dueAt } of tasks) {
        this.#database.write(
          { taskId, lease: { workerId, token } },
          (row) => giveBack(row, dueAt, now),
        );
      }
    });
  }

  releaseUnknown(...[workerId, known]: Args<"releaseUnknown">): Result<"releaseUnknown"> {
    return this.#run({}, (now) => {
      const unknown = this.#database.heldBy(workerId).filter(({ id }) => !known.includes(id));
      for (const row of unknown) giveBack(row, now, now);
      return unknown.length;
    });
  }

  makeDue(...[taskIds]: Args<"makeDue">): Result<"makeDue"> {
    return this.#run({}, (now) =>
      taskIds.map((id) => {
        const row = this.#database.rows.get(id);
        if (row === undefined || row.workerId !== null) return false;
        if (row.dueAt === null) {
          if (row.series !== null || !hasEnded(row) || row.status === "Completed") return false;
          startAnew(row);
          this.#database.setStatus(row, "Queued", null, now);
        }
        row.dueAt = Math.min(row.dueAt ?? now, now);
        return true;
      }));
  }

  correctSeries(...[corrections]: Args<"correctSeries">): Result<"correctSeries"> {
    return this.#run(
      {},
      () =>
        corrections.map(({ taskId, plannedAt, nextRunAt, anchorAt, dueAt }) => {
          const row = this.#database.rows.get(taskId);
          if (row === undefined || row.dueAt === null) return false;
          if (row.series?.nextRunAt !== plannedAt) return false;
          Object.assign(row.series, { nextRunAt, anchorAt });
          row.dueAt = Math.min(row.dueAt, dueAt);
          return true;
        }),
    );
  }

  nextDueAt(...[queues, types]: Args<"nextDueAt">): Result<"nextDueAt"> {
    return this.#run({}, () => {
      const known = new Set(types.map(wellFormed));
      const rows = queues.flatMap((queue) => this.#database.waiting(wellFormed(queue), known));
      return rows.length === 0 ? null : Math.min(...rows.map(({ dueAt }) => dueAt!));
    });
  }

  /** Nothing is told: workers poll. */
  onWake(): Result<"onWake"> {
    return () => {};
  }

  // ---- workers ----

  registerWorker(
    ...[{ id, host, serves }]: Args<"registerWorker">
  ): Result<"registerWorker"> {
    return this.#run({}, (now) => {
      const startedAt = this.#database.workers.get(id)?.startedAt ?? now;
      const worker = { id, host, startedAt, serves: encodeServes(serves), heartbeatAt: now };
      this.#database.workers.set(id, worker);
    });
  }

  heartbeat(...[workerId, leaseMs]: Args<"heartbeat">): Result<"heartbeat"> {
    return this.#run({}, (now) => heartbeat(this.#database, workerId, leaseMs, now));
  }

  unregisterWorker(...[workerId]: Args<"unregisterWorker">): Result<"unregisterWorker"> {
    return this.#run({}, () => void this.#database.workers.delete(workerId));
  }

  releaseLost(...[request]: Args<"releaseLost">): Result<"releaseLost"> {
    return this.#run({}, (now) => releaseLost(this.#database, request, now));
  }

  // ---- queues and rate limits ----

  setQueuePaused(...[queue, paused]: Args<"setQueuePaused">): Result<"setQueuePaused"> {
    return this.#run({}, () => {
      if (paused) this.#database.paused.add(wellFormed(queue));
      else this.#database.paused.delete(wellFormed(queue));
    });
  }

  takeRateSlots(...[requests]: Args<"takeRateSlots">): Result<"takeRateSlots"> {
    return this.#run({}, (now) => ({
      now,
      slots: requests.map((each) => this.#database.rates.take(wellFormed(each.key), now, each)),
    }));
  }

  returnRateSlots(...[slots]: Args<"returnRateSlots">): Result<"returnRateSlots"> {
    return this.#run({}, () => {
      for (const { key, slotAt } of slots) this.#database.rates.giveBack(wellFormed(key), slotAt);
    });
  }

  // ---- reading ----

  get(...[taskId]: Args<"get">): Result<"get"> {
    return this.#run({}, () => {
      const row = this.#database.rows.get(taskId);
      return row === undefined ? null : toRecord(row);
    });
  }

  getByTaskKey(...[taskKey]: Args<"getByTaskKey">): Result<"getByTaskKey"> {
    return this.#run({}, () => {
      const row = this.#database.byKey(taskKey);
      return row === undefined ? null : toRecord(row);
    });
  }

  list(...[filter = {}, page = {}]: Args<"list">): Result<"list"> {
    return this.#run({}, () => {
      const { limit, oldestFirst, after } = taskPageStart(page);
      const rows = this.#find(filter, oldestFirst, after);
      return toTaskPage(rows.slice(0, limit + 1), limit, toRecord, null);
    });
  }

  count(...[filter, request]: Args<"count">): Result<"count"> {
    return this.#run({}, () => {
      const { cap, after } = countStart(request);
      const rows = this.#find(filter, false, after);
      if (rows.length <= cap) return { count: rows.length, next: null };
      return { count: cap, next: rows[cap - 1]!.id };
    });
  }

  statusAudit(...[taskId, page]: Args<"statusAudit">): Result<"statusAudit"> {
    return this.#run({}, () => pageOf(this.#database.rows.get(taskId)?.statusAudit, page));
  }

  runsAudit(...[taskId, page]: Args<"runsAudit">): Result<"runsAudit"> {
    return this.#run({}, () => pageOf(this.#database.rows.get(taskId)?.runsAudit, page));
  }

  executionLogs(...[taskId, page]: Args<"executionLogs">): Result<"executionLogs"> {
    return this.#run({}, () => pageOf(this.#database.rows.get(taskId)?.logs, page));
  }

  countExecutionLogs(
    ...[taskId, run, limit]: Args<"countExecutionLogs">
  ): Result<"countExecutionLogs"> {
    return this.#run({}, () => {
      const lines = this.#database.rows.get(taskId)?.logs.slice(-limit) ?? [];
      return lines.filter((line) => line.run === run).length;
    });
  }

  workers(): Result<"workers"> {
    return this.#run({}, (now) =>
      [...this.#database.workers.values()]
        .sort((a, b) => a.startedAt - b.startedAt)
        .map((worker) => ({
          ...worker,
          serves: decodeServes(worker.serves),
          heartbeatAgeMs: now - worker.heartbeatAt,
        })));
  }

  backlog(): Result<"backlog"> {
    return this.#run({}, (now) => ({ now, queues: queueFigures(this.#database, now) }));
  }

  statistics(): Result<"statistics"> {
    return this.#run({}, (now) => {
      const counts = taskStatuses.map((status) => [status, 0] as const);
      const tasksByStatus = Object.fromEntries(counts) as Record<TaskStatus, number>;
      for (const { status } of this.#database.rows.values()) tasksByStatus[status]++;
      return { now, tasksByStatus, queues: queueFigures(this.#database, now) };
    });
  }

  auditGrowth(): Result<"auditGrowth"> {
    return this.#run({}, () => {
      const rows = [...this.#database.rows.values()];
      return [
        growth("StatusAudit", rows.flatMap((row) => row.statusAudit.map((it) => it.updatedAt))),
        growth("RunsAudit", rows.flatMap((row) => row.runsAudit.map((it) => it.executedAt))),
        growth("TaskExecutionLog", rows.flatMap((row) => row.logs.map((it) => it.loggedAt))),
      ];
    });
  }

  // ---- logs and retention ----

  saveExecutionLogs(...[lines]: Args<"saveExecutionLogs">): Result<"saveExecutionLogs"> {
    return this.#run({}, (now) => {
      for (const { agoMs, ...line } of lines) {
        const row = this.#database.rows.get(line.taskId);
        if (row === undefined) continue;
        const sequence = ++row.lines;
        row.logs.push({
          ...line,
          number: sequence,
          sequence,
          loggedAt: Math.round(now - agoMs),
          message: wellFormed(line.message),
          exception: line.exception === null ? null : wellFormed(line.exception),
        });
      }
    });
  }

  purge(...[policy, options]: Args<"purge">): Result<"purge"> {
    return this.#run({}, (now) => purge(this.#database, policy, options, now));
  }

  // ---- what the verbs are made of ----

  /** The tasks after one that match a filter, in order. */
  #find(filter: TaskFilter, oldestFirst: boolean, after: string | undefined): Row[] {
    const isAfter = (id: string) => after === undefined || (oldestFirst ? id > after : id < after);
    const rows = [...this.#database.rows.values()]
      .filter((row) => matches(row, filter) && isAfter(row.id))
      .sort((a, b) => a.id < b.id ? 1 : -1);
    return oldestFirst ? rows.reverse() : rows;
  }

  /** Runs a verb in one go; what it throws rejects the promise. */
  #run<T>(options: ConnectionOptions | undefined, verb: (now: number) => T): Promise<T> {
    return new Promise((resolve) => {
      if (!this.#isOpen) throw notOpen("map storage");
      if (options?.connection !== undefined) {
        throw new InvalidArgumentError(
          "connection",
          "one",
          "be left out: a Map has no transactions",
        );
      }
      resolve(verb(this.#database.now()));
    });
  }
}
