// cancel() of waiting, claimed and running tasks from another process, on each database that
// processes can share.

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async";
import {
  type AnyTask,
  createEverTask,
  defineTask,
  type EverTask,
  linearRetry,
  silentLogger,
  TaskCancelledError,
  type TaskContext,
} from "../../mod.ts";
import { startEngine, type TestEngine } from "../support/engine.ts";
import { untilAborted } from "../support/fleet.ts";
import { eventually } from "./support.ts";
import { type PlaceKind, placeKinds, Places } from "../support/places.ts";

const places = await Places.start();
Deno.test.afterAll(() => places.stop());

/**
 * The lease of the owner. On SQL Server, a running task is notified of its cancellation at the next
 * heartbeat, so the lease is short. On the other databases it is notified soon, and the lease is so
 * long that a heartbeat would come too late for the test.
 */
const leaseDuration: Record<PlaceKind, number> = {
  SQLite: 300_000,
  PostgreSQL: 300_000,
  "SQL Server": 1_500,
};

interface Scene {
  /** The process that runs the tasks. */
  readonly owner: TestEngine;
  /** A process that only dispatches and cancels. */
  readonly other: EverTask;
}

function scene(name: string, tasks: () => AnyTask[], play: (scene: Scene) => Promise<void>): void {
  for (const kind of placeKinds) {
    Deno.test(`${name} (${kind})`, async () => {
      await using place = await places.create(kind);
      const mine = tasks();
      await using owner = await startEngine({
        storage: place.connect(),
        tasks: mine,
        queues: { single: { parallelism: 1 } },
        leaseDuration: leaseDuration[kind],
      });
      await using other = createEverTask({
        storage: place.connect(),
        tasks: mine,
        queues: { single: {} },
        logger: silentLogger,
      });
      await deadline(play({ owner, other }), 60_000);
    });
  }
}

async function assertCancelled({ owner, other }: Scene, id: string): Promise<void> {
  const { status, workerId, dueAt, series } = (await other.get(id))!;
  assertEquals([status, workerId, dueAt, series?.nextRunAt ?? null], [
    "Cancelled",
    null,
    null,
    null,
  ]);
  assertEquals(await other.cancel(id), "ended");
  const trail = (await owner.everTask.statusAudit(id)).items.map((row) => row.newStatus);
  assertEquals(trail.filter((status) => status === "Cancelled").length, 1, trail.join());
}

const hour = { hours: 1 };

Deno.test.afterEach(() => void seen.splice(0));
/** The abort reasons of handlers. */
const seen: unknown[] = [];

const untilCancelled = defineTask<null>({
  type: "until-cancelled",
  async handle(_, { signal }: TaskContext) {
    await untilAborted(signal).catch((reason) => {
      seen.push(reason);
      throw reason;
    });
  },
});
const failing = defineTask<null>({
  type: "failing",
  retry: linearRetry(3, hour),
  handle() {
    throw new Error("not yet");
  },
});
const limited = defineTask<null>({
  type: "limited",
  rateLimit: { permits: 1, period: hour },
  handle() {},
});

scene(
  "a task that waits for its time is cancelled by another process",
  () => [limited],
  async (scene) => {
    const { owner, other } = scene;
    const { id } = await owner.everTask.dispatch(limited, null, { delay: hour });
    assertEquals(await other.cancel(id), "cancelled");
    await assertCancelled(scene, id);
  },
);

scene(
  "a task that waits for its retry is cancelled by another process",
  () => [failing],
  async (scene) => {
    const { owner, other } = scene;
    const { id } = await owner.everTask.dispatch(failing, null);
    await owner.event(({ kind, taskId }) => kind === "retrying" && taskId === id);
    assertEquals(await other.cancel(id), "cancelled");
    await assertCancelled(scene, id);
  },
);

scene(
  "a task that waits for its rate limit is cancelled by another process",
  () => [limited],
  async (scene) => {
    const { owner, other } = scene;
    const first = await owner.everTask.dispatch(limited, null);
    await owner.ended(first.id);
    const { id } = await owner.everTask.dispatch(limited, null);
    await owner.event(({ kind }) => kind === "rateLimitDeferred");
    // The event reports the decision; the row follows.
    await eventually("it is deferred", async () => (await other.get(id))!.rateSlotAt !== null);
    assertEquals(await other.cancel(id), "cancelled");
    await assertCancelled(scene, id);
  },
);

scene(
  "a running task and one that was claimed behind it are cancelled by another process",
  () => [untilCancelled],
  async (scene) => {
    const { owner, other } = scene;
    const options = { queue: "single" };
    const [running, claimed] = await other.dispatchMany(untilCancelled, [null, null], options);
    const { taskId } = await owner.event(({ kind }) => kind === "started");
    const ids = [running!.id, claimed!.id];
    const waiting = ids.find((id) => id !== taskId)!;
    await eventually("it is claimed", async () => (await other.get(waiting))!.workerId !== null);
    assertEquals(await other.cancel(waiting), "requested");
    assertEquals((await owner.ended(waiting)).kind, "cancelled");
    assertEquals(seen.length, 0, "it did not start");
    assertEquals(await other.cancel(taskId!), "requested");
    assertEquals((await owner.ended(taskId!)).kind, "cancelled");
    assertEquals(seen.length, 1);
    assertInstanceOf(seen[0], TaskCancelledError);
    for (const id of ids) await assertCancelled(scene, id);
  },
);

scene(
  "a series is ended by another process while it waits, and while it runs",
  () => [untilCancelled, limited],
  async (scene) => {
    const { owner, other } = scene;
    const waiting = await owner.everTask.dispatch(limited, null, {
      recurring: (r) => r.everyHour(),
    });
    assertEquals(await other.cancel(waiting.id), "cancelled");
    await assertCancelled(scene, waiting.id);
    const running = await owner.everTask.dispatch(untilCancelled, null, {
      recurring: (r) => r.runNow().andThen().everySecond(),
    });
    await owner.event(({ kind, taskId }) => kind === "started" && taskId === running.id);
    assertEquals(await other.cancel(running.id), "requested");
    assertEquals((await owner.ended(running.id)).kind, "cancelled");
    await assertCancelled(scene, running.id);
    assert((await other.get(running.id))!.series !== null);
    assertEquals(seen.length, 1);
  },
);
