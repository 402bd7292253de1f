// Stores dispatched tasks, and hands those that are due now to the worker of this process.

import type { EventBus } from "../events/event_bus.ts";
import { taskEvent } from "../events/job_events.ts";
import type { Instrumentation } from "../instrumentation/instrumentation.ts";
import { type EncodedPayload, encodePayload } from "../payload/payload.ts";
import { batchEnd } from "../storage/batching/batch_size.ts";
import { isTransient, retryTransient } from "../storage/batching/retry_transient.ts";
import { bornClaimed } from "../storage/born_claimed.ts";
import type { NewTask, PersistResult } from "../storage/requests.ts";
import type { Storage } from "../storage/storage.ts";
import {
  checkMany,
  type DispatchManyOptions,
  type DispatchOptions,
  type DispatchResult,
} from "../task/dispatch_options.ts";
import type { AnyTask } from "../task/task.ts";
import { isInstance } from "../thrown/reading.ts";
import type { Clock } from "../time/clock.ts";
import { admit, type Caller } from "./admission.ts";
import type { LocalWorker, Reservation } from "./local_worker.ts";
import { NoRunLeftError } from "./series_plan.ts";
import { plannedTask, type PlannerParts, type TaskPlan, TaskPlanner } from "./task_planner.ts";
import { TaskWriter } from "./task_writer.ts";

/** The dependencies of a dispatcher. */
export interface DispatcherParts extends PlannerParts {
  readonly storage: Pick<Storage, "persist" | "getByTaskKey">;
  /**
   * Returns a promise that resolves when the storage is open. Returns null if it is open already,
   * so that most dispatches need not await a promise.
   */
  readonly opening: () => Promise<void> | null;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly newId: () => string;
  readonly instrumentation: Instrumentation | undefined;
  /**
   * The time for which a dispatch is retried after transient errors of storage, in milliseconds.
   */
  readonly retryForMs: number;
  /** Returns the running worker of this process; null if there is none. */
  readonly worker: () => LocalWorker | null;
  /** Called when a task of this queue was stored and this process runs no worker. */
  readonly onStoredForOthers: (queue: string) => void;
}

/** The maximum number of tasks in one write of {@linkcode Dispatcher.dispatchMany}. */
const manyAtOnce = 5_000;

/** Stores tasks. */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #planner: TaskPlanner;
  readonly #writer: TaskWriter;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#planner = new TaskPlanner(parts);
    this.#writer = new TaskWriter(parts);
  }

  /** Resolves when no write is in progress. */
  idle(): Promise<void> {
    return this.#writer.idle();
  }

  /** Stores one task; see {@linkcode EverTask.dispatch}. */
  async dispatch(
    task: AnyTask,
    payload: unknown,
    options: DispatchOptions = {},
    caller: Caller = "application",
  ): Promise<DispatchResult> {
    this.#planner.checkRegistered(task);
    const encoding = encodePayload(task.type, task.payload, payload);
    const encoded = encoding instanceof Promise ? await encoding : encoding;
    const opening = this.#parts.opening();
    if (opening !== null) await opening;
    let plan: TaskPlan;
    try {
      plan = this.#planner.plan(task, options);
    } catch (error) {
      if (!isInstance(error, NoRunLeftError) || options.taskKey === undefined) throw error;
      const series = await this.#parts.storage.getByTaskKey(options.taskKey);
      if (!error.concerns(series)) throw error;
      return { id: series.id, outcome: "existing" };
    }
    options.signal?.throwIfAborted();
    const id = this.#parts.newId();
    const { instrumentation } = this.#parts;
    if (instrumentation === undefined) {
      return await this.#store(plan, id, encoded, null, options, caller);
    }
    return await instrumentation.dispatch(
      observed(plan, id, 1),
      (traceContext) => this.#store(plan, id, encoded, traceContext, options, caller),
    );
  }

  /** Stores many tasks of one type; see {@linkcode EverTask.dispatchMany}. */
  async dispatchMany(
    task: AnyTask,
    payloads: Iterable<unknown>,
    options: DispatchManyOptions = {},
  ): Promise<DispatchResult[]> {
    this.#planner.checkRegistered(task);
    checkMany(payloads, options);
    // Everything is checked before anything is stored.
    const texts: string[] = [];
    for (const payload of payloads) {
      const encoding = encodePayload(task.type, task.payload, payload);
      texts.push((encoding instanceof Promise ? await encoding : encoding).text);
    }
    const opening = this.#parts.opening();
    if (opening !== null) await opening;
    const plan = this.#planner.plan(task, options);
    options.signal?.throwIfAborted();
    if (texts.length === 0) return [];
    const ids = texts.map(() => this.#parts.newId());
    const { instrumentation } = this.#parts;
    const store = (traceContext: string | null) =>
      this.#storeMany(plan, ids, texts, traceContext, options);
    if (instrumentation === undefined) return store(null);
    return await instrumentation.dispatch(observed(plan, ids[0]!, ids.length), store);
  }

  async #store(
    plan: TaskPlan,
    id: string,
    encoded: EncodedPayload,
    traceContext: string | null,
    { connection, signal }: DispatchOptions,
    caller: Caller,
  ): Promise<DispatchResult> {
    const worker = this.#parts.worker();
    const placing = this.#placeFor(worker, plan, id, caller, signal);
    const reservation = placing instanceof Promise ? await placing : placing;
    const { queue } = reservation;
    // A task in the caller's transaction does not exist until the transaction commits, so it cannot
    // be handed to the worker.
    if (connection !== undefined) worker?.reservations.unreserve(reservation);
    let claimFor = connection === undefined ? reservation.claimFor : null;
    const payload = encoded.text;
    const task = plannedTask(plan, { id, payload, queue, traceContext, claimFor });
    const leaveInStorage = () => {
      worker?.reservations.unreserve(reservation);
      claimFor = null;
    };
    let result: PersistResult;
    try {
      result = connection === undefined
        ? await this.#writer.add(task, leaveInStorage)
        : (await this.#parts.storage.persist([task], { connection }))[0]!;
    } catch (error) {
      if (claimFor !== null) {
        worker!.reservations.unreserve(reservation);
        if (isTransient(error)) worker!.suspectUnknownClaims(); // the write may have been committed
      }
      throw error;
    }
    if (result.outcome !== "existing") this.#emitDispatched(task, result.id);
    if (result.claimed) {
      const now = this.#parts.clock.monotonic();
      const claimed = bornClaimed(task, this.#parts.storageClock.at(now));
      worker!.handOver(claimed, reservation, encoded.value, now);
    } else {
      if (claimFor !== null) worker!.reservations.unreserve(reservation);
      if (result.outcome !== "existing") this.#expect(task);
    }
    return toDispatchResult(result);
  }

  async #storeMany(
    plan: TaskPlan,
    ids: readonly string[],
    texts: readonly string[],
    traceContext: string | null,
    { connection, signal }: DispatchManyOptions,
  ): Promise<DispatchResult[]> {
    const { storage, clock, retryForMs } = this.#parts;
    const worker = this.#parts.worker();
    const results: DispatchResult[] = [];
    for (let from = 0, end; from < ids.length; from = end) {
      end = batchEnd(texts, from, manyAtOnce, (text) => text.length);
      const reservation = await this.#placeFor(worker, plan, ids[from]!, "application", signal);
      worker?.reservations.unreserve(reservation);
      const { queue } = reservation;
      const tasks = ids.slice(from, end).map((id, i) => {
        const payload = texts[from + i]!;
        return plannedTask(plan, { id, payload, queue, traceContext, claimFor: null });
      });
      const stored = connection === undefined
        ? await retryTransient(clock, retryForMs, () => storage.persist(tasks))
        : await storage.persist(tasks, { connection });
      for (const result of stored) results.push(toDispatchResult(result));
      this.#expect(tasks[0]!);
      for (const task of tasks) this.#emitDispatched(task, task.id);
    }
    return results;
  }

  /**
   * Returns the task's queue, and the worker that has reserved a place for the task, if one has.
   */
  #placeFor(
    worker: LocalWorker | null,
    { status, queue }: TaskPlan,
    id: string,
    caller: Caller,
    signal: AbortSignal | undefined,
  ): Reservation | Promise<Reservation> {
    if (worker === null || status !== "Queued") return { id, queue, claimFor: null };
    return admit(worker, this.#parts.queues, queue, id, caller, signal);
  }

  /**
   * Notifies the worker of this process of a stored task, so that it need not poll. The worker may
   * have started while the task was being stored. Without a worker, calls `onStoredForOthers`.
   */
  #expect({ due, queue }: NewTask): void {
    const worker = this.#parts.worker();
    if (worker === null) return this.#parts.onStoredForOthers(queue);
    const now = this.#parts.storageClock.now();
    const dueAt = "at" in due ? due.at : now + due.inMs;
    if (dueAt <= now) worker.storedDue(queue);
    else worker.expectDue(dueAt);
  }

  #emitDispatched(task: NewTask, id: string): void {
    const { events, definitions, storageClock } = this.#parts;
    if (!events.wants("dispatched", task.type)) return;
    const { type, payload, queue, taskKey, series, traceContext } = task;
    const subject = { id, type, payload, queue, taskKey, series, attempt: 0, traceContext };
    const definition = definitions.get(type);
    events.emit(taskEvent("dispatched", storageClock.now(), subject, definition));
  }
}

/**
 * Returns the result for the caller. The outcome `busy` does not occur: while the key is busy, the
 * writer waits, and finally rejects.
 */
function toDispatchResult({ id, outcome }: PersistResult): DispatchResult {
  return { id, outcome: outcome as DispatchResult["outcome"] };
}

function observed({ type, queue, taskKey, series }: TaskPlan, taskId: string, count: number) {
  return { taskId, type, queue, taskKey, recurring: series !== null, count };
}
