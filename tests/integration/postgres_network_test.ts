// The network between the workers and a real PostgreSQL fails in the middle of the work:
// connections are cut and refused, or packets are dropped silently. EVERTASK_TEST_OUTAGE_SECONDS
// sets the duration.

import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { delay } from "@std/async";
import { createEverTask, type EverTask, silentLogger } from "../../mod.ts";
import { postgresStorage } from "../../drivers/postgres/mod.ts";
import { startPostgres } from "../support/pg_server.ts";
import { outageMs, startNetworkedWorker, step, steps, wait } from "./networked_worker.ts";
import { eventually, untilCompleted } from "./support.ts";
import { assertEachCompletedOnce, postgresHistories } from "./task_histories.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/**
 * Registers a test that may leave a timer behind: when a pool closes, postgres.js does not clear
 * the timer of a connection that waits to reconnect. It fires within a second.
 */
function networkTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
}

/** A worker; `queryTimeout` is half of its lease by default. */
function startWorker(url: string, leaseMs: number, queryTimeout = leaseMs / 2) {
  return startNetworkedWorker(
    url,
    leaseMs,
    (network) => postgresStorage({ url: network.urlOf(url), queryTimeout }),
  );
}

/** A process that only dispatches, and whose network never fails. */
function dispatcher(url: string): EverTask {
  return createEverTask({
    storage: postgresStorage(url),
    tasks: [step, wait],
    logger: silentLogger,
  });
}

networkTest(
  `connections that are cut and refused for ${outageMs} ms under load lose nothing, and no worker retries in a hot loop`,
  async () => {
    const url = await server.createDatabase();
    await using web = dispatcher(url);
    await using one = await startWorker(url, outageMs / 2);
    await using two = await startWorker(url, outageMs / 2);
    const workers = [one, two];
    const ids: string[] = [];
    const atWork = () => workers.every(({ runs }) => runs.length > 50);
    // On a busy machine it may take a while until both workers have claimed tasks.
    for (let batch = 0; batch < 1 || !atWork() && batch < 50; batch++) {
      for (const { id } of await web.dispatchMany(step, steps)) ids.push(id);
      const started = () => one.runs.length + two.runs.length > ids.length;
      await eventually("work is under way", () => atWork() || started());
    }
    assert(atWork(), "both take part");

    const startedAt = performance.now();
    const before = workers.map(({ complaints }) => complaints.length);
    await Promise.all(workers.map(({ network }) => network.refuse()));
    // Dispatches of the workers' own processes are retried until they are stored.
    const dispatched = workers.map(({ everTask }) => everTask.dispatch(step, { ms: 5 }));
    await delay(outageMs);
    for (const [n, worker] of workers.entries()) {
      const complaints = worker.complaints.slice(before[n]);
      // A heartbeat, a claim, and a write of ended tasks, each retried after pauses that grow to
      // two seconds.
      const awayMs = performance.now() - startedAt;
      assertLessOrEqual(complaints.length, 40 + awayMs / 100, complaints.join("\n"));
    }
    await Promise.all(workers.map(({ network }) => network.pass()));
    for (const { id } of await Promise.all(dispatched)) ids.push(id);
    ids.push(...(await web.dispatchMany(step, steps)).map(({ id }) => id));
    await untilCompleted(web, ids.length);
    const runs = workers.flatMap((worker) => worker.runs);
    assertEachCompletedOnce(ids, await postgresHistories(url), runs);
  },
);

networkTest(
  "no lease is lost if a network silently drops connections, because new ones are opened in time",
  async () => {
    const url = await server.createDatabase();
    await using web = dispatcher(url);
    await using worker = await startWorker(url, 10_000, 500);
    const { workerId } = worker.everTask;
    const ids = (await web.dispatchMany(step, steps)).map(({ id }) => id);
    await eventually("work is under way", () => worker.runs.length > 50);
    worker.network.swallow();
    await worker.network.pass();
    await untilCompleted(web, ids.length);
    const histories = await postgresHistories(url);
    assertEachCompletedOnce(ids, histories, worker.runs);
    assertEquals(worker.everTask.workerId, workerId);
    assert(histories.every(({ lostCount }) => lostCount === 0));
    assert(worker.complaints.length > 0, "its packets were dropped");
  },
);

networkTest(
  "a worker that has no network for longer than its lease aborts its tasks, and later registers again",
  async () => {
    const url = await server.createDatabase();
    await using web = dispatcher(url);
    await using cutOff = await startWorker(url, 3_000);
    const { workerId } = cutOff.everTask;
    const ids = (await web.dispatchMany(wait, Array(4).fill(null))).map(({ id }) => id);
    await eventually("they run", () => cutOff.waits.begun === 4);
    cutOff.network.swallow();
    await eventually("its handlers are asked to stop", () => cutOff.waits.ended.length === 4);
    assertEquals(cutOff.waits.ended, Array(4).fill("LeaseLostError"));
    assertEquals(cutOff.everTask.workerId, null);
    await using other = await startWorker(url, 3_000);
    await eventually("another worker runs the tasks", () => other.waits.begun === 4);
    for (const id of ids) {
      const { workerId, lostCount } = (await web.get(id))!;
      assertEquals([workerId, lostCount], [other.everTask.workerId, 1]);
    }
    await cutOff.network.pass();
    await eventually("it is back under a new id", async () => {
      const known = (await web.workers()).map(({ id }) => id);
      const { workerId } = cutOff.everTask;
      return workerId !== null && known.includes(workerId) &&
        known.includes(other.everTask.workerId!);
    });
    assert(cutOff.everTask.workerId !== workerId);
    assertEquals(await Promise.all(ids.map((id) => web.cancel(id))), Array(4).fill("requested"));
    await eventually("they are cancelled", async () => {
      return (await web.statistics()).tasksByStatus.Cancelled === 4;
    });
    assertEquals(other.waits.ended, Array(4).fill("TaskCancelledError"));
  },
);
