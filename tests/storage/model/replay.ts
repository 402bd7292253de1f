// Runs a sequence of operations on a store and on the model, and compares the two after each step.

import { assert, assertEquals } from "@std/assert";
import { auditLevels } from "../../../src/audit/audit_level.ts";
import { WorkerLostError } from "../../../src/storage/errors.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import type { StorageHarness, StorageUnderTest } from "../../../src/testing/mod.ts";
import { newTask, series } from "../../support/new_task.ts";
import { assertClaimed } from "./claimed.ts";
import { assertSame } from "./compare.ts";
import { Model, type ModelEnding, type ModelTask } from "./model.ts";
import type { Operation } from "./operations.ts";

const minute = 60_000;
/**
 * The lease is half a minute away from each whole minute. The clock passes in whole minutes, so the
 * few seconds by which a server's clock also advances do not matter.
 */
const leaseMs = 9.5 * minute;
const queues = ["default", "email"];
const types = ["greet", "report"];
const lostReason = "lost";
const poisonReason = "poison";

const endings: readonly ModelEnding[] = [
  { status: "Completed", exception: null },
  { status: "Failed", exception: "boom" },
  { status: "Cancelled", exception: null },
  { status: "Pending", exception: "busy", dueInMs: 2 * minute },
  { status: "WaitingQueue", exception: null, dueInMs: minute, returnAttempt: true },
  { status: "ServiceStopped", exception: "stopped", dueInMs: 0, returnAttempt: true },
];

/** A lease that a worker holds or has held. */
interface Claim {
  readonly task: ModelTask;
  readonly workerId: string;
  readonly token: number;
}

/** Plays a sequence on a fresh store. */
export async function replay(
  harness: StorageHarness,
  operations: readonly Operation[],
): Promise<void> {
  const unit = await harness.create();
  try {
    const player = new Player(unit, await unit.another());
    await player.begin();
    for (const operation of operations) await player.play(operation);
    await player.drain();
  } finally {
    await unit.dispose();
  }
}

class Player {
  readonly #unit: StorageUnderTest;
  readonly #storages: readonly Storage[];
  readonly #model = new Model(leaseMs);
  readonly #claims: Claim[] = [];
  #workers: string[] = [];
  #lastId = 0;
  #lastWorker = 0;

  constructor(unit: StorageUnderTest, other: Storage) {
    this.#unit = unit;
    this.#storages = [unit.storage, other];
  }

  async begin(): Promise<void> {
    await this.#addWorker();
    await this.#addWorker();
  }

  async play(operation: Operation): Promise<void> {
    const touched = await this.#act(operation);
    await assertSame(this.#storages[1]!, this.#model, touched);
  }

  /** Completes all tasks, which must be possible after any history. Fails if a task is lost. */
  async drain(): Promise<void> {
    const storage = this.#storages[0]!;
    for (const queue of queues) {
      await storage.setQueuePaused(queue, false);
      this.#model.paused.delete(queue);
    }
    await this.#pass(60 * minute);
    await this.#releaseLost(storage, 1);
    const workerId = await this.#addWorker();
    for (let round = 0; round < 100; round++) {
      const claims = await this.#claim(storage, workerId, queues, 1000);
      if (claims.length === 0) break;
      for (const claim of claims) await this.#end(storage, claim, endings[0]!, null);
    }
    await assertSame(storage, this.#model, this.#model.tasks);
    for (const task of this.#model.tasks) assert(this.#model.hasEnded(task), task.id);
  }

  async #act({ kind, a, b, c }: Operation): Promise<readonly ModelTask[]> {
    const storage = this.#storages[c % 2]!;
    const model = this.#model;
    const task = model.tasks[a % Math.max(1, model.tasks.length)];
    const held = this.#claims.filter((each) => model.holds(each.task, each.workerId, each.token));
    const claim = held[a % Math.max(1, held.length)];
    switch (kind) {
      case "dispatch":
      case "dispatchKeyed":
      case "dispatchSeries":
        return await this.#dispatch(storage, kind, a, b, c);
      case "claim": {
        const asked = b % 3 === 0 ? queues : [queues[b % 2]!];
        const claims = await this.#claim(storage, this.#workers[a % 2]!, asked, 1 + c);
        return claims.map((each) => each.task);
      }
      case "start":
        if (claim === undefined) return [];
        await this.#change(storage, claim, [{ status: "InProgress", exception: null }]);
        return [claim.task];
      case "finish":
        if (claim === undefined) return [];
        await this.#end(storage, claim, endings[b % endings.length]!, c % 3 === 0 ? null : c);
        return [claim.task];
      case "staleWrite": {
        const any = this.#claims[a % Math.max(1, this.#claims.length)];
        if (any === undefined || model.holds(any.task, any.workerId, any.token)) return [];
        await this.#change(storage, any, [endings[b % endings.length]!]);
        return [any.task];
      }
      case "claimUnheard": { // the claim commits, but its answer is lost
        const workerId = this.#workers[a % 2]!;
        const known = held.filter((each) => each.workerId === workerId).map(({ task }) => task.id);
        const claims = await this.#claim(storage, workerId, queues, 1 + c);
        assertEquals(await storage.releaseUnknown(workerId, known), claims.length);
        for (const { task } of claims) model.release(task);
        return claims.map((each) => each.task);
      }
      case "release": // only a task that has not started
        if (claim === undefined || claim.task.status === "InProgress") return [];
        await storage.release(claim.workerId, [{
          taskId: claim.task.id,
          token: claim.token,
          dueAt: await this.#storageNow(),
        }]);
        model.release(claim.task);
        return [claim.task];
      case "cancel":
        if (task === undefined) return [];
        assertEquals(await storage.requestCancel([task.id]), [model.cancel(task)] as never);
        return [task];
      case "runNow":
        if (task === undefined) return [];
        assertEquals(await storage.makeDue([task.id]), [model.makeDue(task)]);
        return [task];
      case "pass":
        await this.#pass((1 + a) * minute);
        return [];
      case "heartbeat":
        for (const worker of this.#workers) {
          const { alive } = await storage.heartbeat(worker, leaseMs);
          assertEquals(alive, model.workers.has(worker), `${worker} is alive`);
          if (alive) model.workers.set(worker, model.now);
          else await this.#replaceWorker(worker);
        }
        return [];
      case "crash": // the worker sends no more heartbeats; its replacement has a new id
        await this.#replaceWorker(this.#workers[a % 2]!);
        return [];
      case "releaseLost":
        return await this.#releaseLost(storage, b % 3);
      case "pause":
      case "resume": {
        const queue = queues[a % 2]!;
        await storage.setQueuePaused(queue, kind === "pause");
        if (kind === "pause") model.paused.add(queue);
        else model.paused.delete(queue);
        return [];
      }
    }
  }

  async #dispatch(
    storage: Storage,
    kind: string,
    a: number,
    b: number,
    c: number,
  ): Promise<readonly ModelTask[]> {
    const isSeries = kind === "dispatchSeries";
    const delayMs = isSeries ? (1 + b % 3) * minute : (b % 3) * minute;
    const asked = {
      id: `01900000-0000-7000-8000-${(++this.#lastId).toString(16).padStart(12, "0")}`,
      key: kind === "dispatchKeyed" ? `key ${a % 2}` : null,
      queue: queues[b % 2]!,
      type: types[c % 2]!,
      level: auditLevels[a % auditLevels.length]!,
      priority: c - 3,
      delayMs,
      series: isSeries,
      claimFor: a % 3 === 0 ? this.#workers[b % 2]! : null,
    };
    const nextRunAt = await this.#storageNow() + delayMs;
    const expected = this.#model.dispatch(asked);
    const [result] = await storage.persist([newTask({
      id: asked.id,
      type: asked.type,
      status: delayMs === 0 ? "Queued" : "WaitingQueue",
      due: isSeries ? { at: nextRunAt } : { inMs: delayMs },
      auditLevel: asked.level,
      queue: asked.queue,
      priority: asked.priority,
      taskKey: asked.key,
      claimFor: asked.claimFor,
      series: isSeries ? series({ nextRunAt }) : null,
    })]);
    assertEquals(result as unknown, expected);
    const task = this.#model.tasks.find(({ id }) => id === expected.id)!;
    if (expected.claimed) this.#claims.push({ task, workerId: task.worker!, token: 1 });
    return [task];
  }

  async #claim(storage: Storage, workerId: string, asked: readonly string[], limit: number) {
    const model = this.#model;
    const request = { workerId, types, queues: asked.map((name) => ({ name, limit })) };
    if (!model.workers.has(workerId)) {
      const error = await storage.claim(request).catch((error) => error);
      assert(error instanceof WorkerLostError, "a lost worker cannot claim");
      return [];
    }
    const candidates = model.claimable(asked, types);
    const { tasks } = await storage.claim(request);
    const claimed = assertClaimed(tasks, candidates, asked, limit);
    for (const task of claimed) {
      model.claimed(task, workerId);
      const row = tasks.find(({ id }) => id === task.id)!;
      assertEquals(
        [row.attempt, row.leaseToken, row.lostCount, row.cancelRequested],
        [task.attempt, task.token, task.lostCount, task.cancelRequested],
      );
    }
    const claims = claimed.map((task) => ({ task, workerId, token: task.token }));
    this.#claims.push(...claims);
    return claims;
  }

  async #change(
    storage: Storage,
    claim: Claim,
    transitions: readonly ModelEnding[],
  ): Promise<void> {
    const { task, workerId, token } = claim;
    const { dueInMs, returnAttempt } = transitions.at(-1)!;
    const isHeld = this.#model.holds(task, workerId, token);
    const [result] = await storage.setStatusMany([{
      taskId: task.id,
      auditLevel: task.level,
      transitions: transitions.map(({ status, exception }) => ({ status, exception, agoMs: 0 })),
      lease: { workerId, token },
      ...(dueInMs === undefined ? {} : { dueInMs }),
      ...(returnAttempt === undefined ? {} : { returnAttempt }),
    }]);
    assertEquals(result!.applied, isHeld, "a write is applied if the lease is held, and only then");
    if (isHeld) this.#model.change(task, transitions);
  }

  /** @param nextInMinutes For a series: the minutes until its next run; null ends the series. */
  async #end(
    storage: Storage,
    claim: Claim,
    ending: ModelEnding,
    nextInMinutes: number | null,
  ): Promise<void> {
    const { task, workerId, token } = claim;
    if (task.series === null || ending.dueInMs !== undefined) {
      const inProgress: ModelEnding = { status: "InProgress", exception: null };
      return await this.#change(storage, claim, [inProgress, ending]);
    }
    const counts = ending.status !== "Cancelled";
    const nextInMs = nextInMinutes === null ? null : nextInMinutes * minute;
    const now = await this.#storageNow();
    const [result] = await storage.updateCurrentRunMany([{
      taskId: task.id,
      auditLevel: task.level,
      transitions: [{ status: ending.status, exception: ending.exception, agoMs: 0 }],
      lease: { workerId, token },
      executionTimeMs: 5,
      nextRunAt: nextInMs === null ? null : now + nextInMs,
      counts,
    }]);
    assert(result!.applied);
    const nextRunAt = nextInMs === null ? null : this.#model.now + nextInMs;
    this.#model.endRun(task, ending, nextRunAt, counts);
  }

  async #releaseLost(storage: Storage, poisonLimit: number): Promise<readonly ModelTask[]> {
    const expected = this.#model.releaseLost(poisonLimit, lostReason, poisonReason);
    const request = { leaseMs, poisonLimit, lostReason, poisonReason };
    const lost = await storage.releaseLost(request);
    assertEquals(lost.map(({ taskId }) => taskId).sort(), expected.sort());
    return this.#model.tasks.filter(({ id }) => expected.includes(id));
  }

  async #pass(ms: number): Promise<void> {
    await this.#unit.passTime(ms);
    this.#model.now += ms;
  }

  async #addWorker(): Promise<string> {
    const id = `worker-${++this.#lastWorker}`;
    await this.#storages[0]!.registerWorker({ id, host: "example.org" });
    this.#model.workers.set(id, this.#model.now);
    this.#workers.push(id);
    return id;
  }

  async #replaceWorker(worker: string): Promise<void> {
    this.#workers = this.#workers.filter((each) => each !== worker);
    await this.#addWorker();
  }

  async #storageNow(): Promise<number> {
    return (await this.#storages[0]!.statistics()).now;
  }
}
