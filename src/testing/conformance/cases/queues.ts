// Queues: pausing, the next due instant, and statistics.

import { InvalidArgumentError } from "../../../guards/errors.ts";
import type { QueueBacklog } from "../../../storage/queries.ts";
import { systemClock } from "../../../time/clock.ts";
import {
  ConformanceError,
  expectNear,
  expectRejection,
  expectSame,
  expectThat,
  expectValue,
} from "../expect.ts";
import { day, hour, leaseMs, minute, type Scene, topic } from "../scene.ts";

function nextDueAt(s: Scene, queues = ["default"], types = ["send-email"]): Promise<number | null> {
  return s.storage.nextDueAt(queues, types);
}

function byName(a: QueueBacklog, b: QueueBacklog): number {
  return a.queue < b.queue ? -1 : 1;
}

export const queues = topic("queues", {
  "a paused queue's tasks are not claimed until the queue is resumed": async (s) => {
    const other = await s.unit.another();
    const workerId = await s.worker();
    await s.add();
    await s.add({ queue: "email" });
    await other.setQueuePaused("email", true);
    await other.setQueuePaused("email", true);
    const claimed = await s.claim(workerId, { queues: ["default", "email"] });
    expectSame(claimed.map((task) => task.queue), ["default"], "only the other queue's");
    expectSame(
      (await s.storage.heartbeat(workerId, leaseMs)).pausedQueues,
      ["email"],
      "workers are told",
    );
    await s.storage.setQueuePaused("email", false);
    await s.storage.setQueuePaused("never-paused", false);
    expectSame(
      (await s.storage.heartbeat(workerId, leaseMs)).pausedQueues,
      [],
      "and notified of the end",
    );
    expectSame((await s.claim(workerId, { queues: ["email"] })).length, 1, "it goes on");
  },

  "a pause outlives the process that set it, and may concern a queue without tasks": async (s) => {
    const first = await s.unit.another();
    await first.setQueuePaused("later", true);
    await first.close();
    await s.add({ queue: "later" });
    expectSame(
      await s.claim(await s.worker(), { queues: ["later"] }),
      [],
      "it outlives its process",
    );
  },

  "a claimed task of a paused queue continues": async (s) => {
    const { id, lease } = await s.claimed();
    await s.storage.setQueuePaused("default", true);
    expectThat(
      (await s.change(id, ["InProgress", "Completed"], { lease })).applied,
      "it ends as usual",
    );
  },

  "the next due instant is the earliest of the given queues and types": async (s) => {
    expectSame(await nextDueAt(s), null, "nothing waits");
    const now = await s.now();
    await s.add({ status: "WaitingQueue", due: { at: now + 5 * hour } });
    await s.add({ status: "WaitingQueue", due: { at: now + 3 * hour }, priority: -1 });
    await s.add({ status: "WaitingQueue", due: { at: now + 2 * hour }, type: "other" });
    await s.add({ status: "WaitingQueue", due: { at: now + hour }, queue: "email" });
    expectSame(await nextDueAt(s), now + 3 * hour, "one queue and type");
    expectSame(
      await nextDueAt(s, ["default"], ["other", "send-email"]),
      now + 2 * hour,
      "two types",
    );
    expectSame(await nextDueAt(s, ["default", "email"]), now + hour, "two queues");
    expectSame(await nextDueAt(s, ["empty"]), null, "an empty queue");
    expectSame(await nextDueAt(s, []), null, "no queue");
    expectSame(await nextDueAt(s, ["default"], []), null, "no type");
    await s.storage.setQueuePaused("email", true);
    expectSame(
      await nextDueAt(s, ["default", "email"]),
      now + 3 * hour,
      "a paused queue is omitted",
    );
  },

  "the next due instant is in the past if a task is due already": async (s) => {
    const dueAt = await s.now() - hour;
    const id = await s.add({ due: { at: dueAt } });
    await s.add({ due: { at: dueAt + minute }, priority: 5 });
    expectSame(await nextDueAt(s), dueAt, "whatever the priorities");
    await s.claim(await s.worker());
    expectSame(await nextDueAt(s), null, "claimed tasks are omitted");
    await s.change(id, ["Completed"]);
    expectSame(await nextDueAt(s), null, "ended ones, too");
  },

  "the statistics count tasks by status and queue": async (s) => {
    const now = await s.now();
    await s.addMany(3, { queue: "email" });
    await s.add({ queue: "email", due: { at: now - hour } });
    await s.add({ queue: "email", status: "WaitingQueue", due: { inMs: hour } });
    await s.add({ queue: "email", type: "of another type", priority: 3 });
    await s.claim(await s.worker(), { queues: ["email"], limit: 2 });
    const done = await s.addMany(2);
    await s.storage.setStatusMany(done.map((taskId) => (
      {
        taskId,
        auditLevel: "Full",
        transitions: [{ status: "Completed", exception: null, agoMs: 0 }],
      } as const
    )));
    await s.storage.setQueuePaused("paused", true);
    await s.storage.setQueuePaused("held up", true);
    await s.add({ queue: "held up" });
    await s.add({ queue: "later", status: "WaitingQueue", due: { inMs: hour } });
    const statistics = await s.storage.statistics();
    expectNear(statistics.now, now, "the storage's clock");
    expectSame({ ...statistics.tasksByStatus }, {
      WaitingQueue: 2,
      Queued: 6,
      InProgress: 0,
      Pending: 0,
      Cancelled: 0,
      Completed: 2,
      Failed: 0,
      ServiceStopped: 0,
    }, "by status");
    expectSame([...statistics.estimated], [], "few tasks are counted");
    const exact = await s.storage.statistics({ exact: true });
    expectSame([...exact.estimated], [], "nothing is estimated on request");
    expectSame({ ...exact.tasksByStatus }, { ...statistics.tasksByStatus }, "the same counts");
    const backlog = await s.storage.backlog();
    expectNear(backlog.now, now, "the storage's clock, in the backlog");
    const waiting = ({ due, scheduled, paused }: QueueBacklog) => due + scheduled > 0 || paused;
    expectSame(
      backlog.queues.filter(waiting).map(({ queue, paused, due, scheduled, oldestDueAt }) => ({
        queue,
        paused,
        due,
        scheduled,
        oldestDueAt,
      })).sort(byName),
      statistics.queues.filter(waiting).map(({ claimed: _, ...queue }) => queue).sort(byName),
      "the backlog has the same counts of waiting tasks",
    );
    const queueOf = (name: string) => statistics.queues.find((queue) => queue.queue === name);
    const { oldestDueAt, ...email } = expectValue(queueOf("email"), "the queue is listed");
    expectSame(email, { queue: "email", paused: false, due: 3, scheduled: 1, claimed: 2 }, "email");
    expectNear(oldestDueAt, now, "the one that was due for longest is claimed");
    const nothing = { due: 0, scheduled: 0, claimed: 0, oldestDueAt: null };
    expectSame(
      queueOf("paused"),
      { queue: "paused", paused: true, ...nothing },
      "a paused queue is listed, though empty",
    );
    const { oldestDueAt: heldUp, ...held } = expectValue(queueOf("held up"), "it is listed");
    expectSame(held, { queue: "held up", paused: true, due: 1, scheduled: 0, claimed: 0 }, "held");
    expectNear(heldUp, now, "delayed tasks wait, too");
    expectSame(
      queueOf("later"),
      { queue: "later", paused: false, ...nothing, scheduled: 1 },
      "a task for later has not waited",
    );
    const ended = queueOf("default") ?? { queue: "default", paused: false, ...nothing };
    expectSame(
      ended,
      { queue: "default", paused: false, ...nothing },
      "ended tasks are in no queue",
    );
  },

  "a backlog counts the due and the scheduled tasks of a queue up to a cap": async (s) => {
    const now = await s.now();
    await s.addMany(3);
    await s.add({ due: { at: now - hour } });
    await s.add({ due: { at: now - day }, priority: 3 });
    await s.addMany(4, { status: "WaitingQueue", due: { inMs: hour }, queue: "email" });
    await s.add({ queue: "email", priority: 2 });
    const counts = async (cap?: number) => {
      const backlog = await s.storage.backlog(cap);
      const waiting = backlog.queues.filter(({ due, scheduled }) => due + scheduled > 0);
      return waiting.sort(byName).map(({ queue, due, scheduled }) => [queue, due, scheduled]);
    };
    for (const cap of [undefined, 5]) {
      expectSame(await counts(cap), [["default", 5, 0], ["email", 1, 4]], `all: ${cap}`);
    }
    expectSame(
      await counts(4),
      [["default", 4, 0], ["email", 1, 4]],
      "due tasks of two priorities",
    );
    expectSame(await counts(1), [["default", 1, 0], ["email", 1, 1]], "both kinds");
    const { queues } = await s.storage.backlog(1);
    const oldest = queues.find(({ queue }) => queue === "default")?.oldestDueAt;
    expectSame(oldest, now - day, "the oldest task is found beyond the cap");
    for (const cap of [0, 1.5, -1, NaN]) {
      await expectRejection(
        s.storage.backlog(cap),
        InvalidArgumentError,
        `a cap of ${cap}`,
      );
    }
  },

  "listeners are notified at once of changes by other processes": ["wakes", async (s) => {
    const other = await s.unit.another();
    const { id } = await s.claimed();
    const { id: released, lease, task } = await s.claimed();
    const { id: retried, lease: retriedLease } = await s.claimed();
    await s.claimed();
    await s.claimed({}, "worker-b");
    await s.storage.unregisterWorker("worker-b");
    const waiting = await s.add({ status: "WaitingQueue", due: { inMs: day } });
    const ended = await s.add();
    await s.change(ended, ["Failed"]);
    const signals = new Signals(s);
    const end = s.storage.onWake((signal) => {
      signals.add(signal.kind === "cancel" ? `cancel ${signal.taskIds}` : signal.kind);
    });
    const deeds: readonly [signal: string, deed: () => Promise<unknown>][] = [
      ["queues", () => other.setQueuePaused("email", true)],
      ["tasks", () => other.persist([s.task()])],
      [`cancel ${id}`, () => other.requestCancel([id])],
      [
        "tasks",
        () =>
          other.release("worker-a", [{ taskId: released, token: lease.token, dueAt: task.dueAt }]),
      ],
      ["tasks", () =>
        other.setStatus(retried, "Pending", "it broke", "Full", {
          lease: retriedLease,
          dueInMs: 0,
        })],
      ["tasks", () => other.releaseUnknown("worker-a", [id])],
      ["tasks", () => s.releaseLost({}, other)],
      ["tasks", () => other.makeDue([waiting])],
      ["tasks", () => other.setStatus(ended, "Queued", null, "Full")],
      ["queues", () => other.setQueuePaused("email", false)],
      ["watch", () => other.watchEvents({ id: "watcher", parameters: false, forMs: hour })],
    ];
    for (const [signal, deed] of deeds) {
      signals.forget();
      await deed();
      await signals.has(signal);
    }
    end();
    end();
  }],

  "listeners are notified at once of series that another process corrected": [
    "wakes",
    async (s) => {
      const other = await s.unit.another();
      const plannedAt = await s.now() + 2 * hour;
      const taskId = await s.addSeries({ due: { at: plannedAt } }, { nextRunAt: plannedAt });
      const signals = new Signals(s);
      const end = s.storage.onWake(({ kind }) => signals.add(kind));
      const nextRunAt = plannedAt - hour;
      const times = { nextRunAt, anchorAt: plannedAt - 2 * hour, dueAt: nextRunAt };
      await other.correctSeries([{ taskId, plannedAt, ...times }]);
      await signals.has("tasks");
      end();
    },
  ],

  "a listener can also be removed from a storage without push": async (s) => {
    const end = s.storage.onWake(() => {});
    await s.add();
    end();
    await s.add();
    expectSame((await s.storage.list()).items.length, 2, "nothing is disturbed");
  },
});

/** Collects signals, and waits for one of them. */
class Signals {
  readonly #seen: string[] = [];
  #waiting: { text: string; resolve: () => void } | undefined;
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  add(text: string): void {
    this.#seen.push(text);
    if (this.#waiting?.text === text) this.#waiting.resolve();
  }

  forget(): void {
    this.#seen.length = 0;
  }

  /**
   * Waits for a signal. Advances the time by two seconds first, because a store with a fake clock
   * finds the change by polling.
   */
  async has(text: string): Promise<void> {
    await this.#scene.unit.passTime(2_000);
    if (this.#seen.includes(text)) return;
    let callOff = () => {};
    const late = new Promise<never>((_, reject) => {
      const error = () => new ConformanceError(`No "${text}" within 10 s; got: ${this.#seen}`);
      callOff = systemClock.setTimer(() => reject(error()), 10_000);
    });
    const seen = new Promise<void>((resolve) => this.#waiting = { text, resolve });
    await Promise.race([seen, late]).finally(callOff);
  }
}
