import { assert, assertEquals, assertThrows } from "@std/assert";
import { createEverTask, defineTask, InvalidArgumentError, silentLogger } from "../../mod.ts";
import { MemoryDatabase, memoryStorage } from "../../drivers/memory/mod.ts";
import { Audit } from "../../src/application/audit.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { FakeClock } from "../../src/testing/fake_clock.ts";
import { startEngine } from "../support/engine.ts";

const day = 86_400_000;
const noop = defineTask<null>({ type: "noop", handle() {} });

/** A store with tasks that completed on the clock's present day. */
async function storeOf(clock: FakeClock, count: number): Promise<MemoryDatabase> {
  const database = new MemoryDatabase({ clock });
  await using engine = await startEngine({ storage: memoryStorage({ database }), tasks: [noop] });
  const results = await engine.everTask.dispatchMany(noop, Array(count).fill(null));
  for (const { id } of results) await engine.ended(id);
  return database;
}

Deno.test("purge() deletes expired rows in batches; a dry run only counts", async () => {
  const clock = new FakeClock();
  const database = await storeOf(clock, 1500);
  await clock.advance(10 * day);
  await using everTask = createEverTask({ storage: memoryStorage({ database }), tasks: [noop] });
  const policy = { statusAuditDays: 7 };
  const counted = await everTask.audit.purge(policy, { dryRun: true });
  assertEquals(counted.statusAudit, 4500);
  assertEquals((await everTask.audit.growth())[0]!.rows, 4500);
  const deleted = await everTask.audit.purge(policy);
  assertEquals([deleted.statusAudit, deleted.tasks, deleted.done], [4500, 0, true]);
  assertEquals((await everTask.audit.growth())[0]!.rows, 0);
});

Deno.test("the retention option is applied while a worker runs", async () => {
  const clock = new FakeClock();
  const database = await storeOf(clock, 3);
  await clock.advance(10 * day);
  let told = (_: unknown) => {};
  const deleted = new Promise((resolve) => told = resolve);
  await using engine = await startEngine({
    storage: memoryStorage({ database }),
    tasks: [noop],
    retention: { statusAuditDays: 7, deleteCompletedTasksAfterRetention: true },
    logger: { ...silentLogger, info: (_, properties) => told(properties!["deleted"]) },
  });
  assertEquals(await deleted, {
    statusAudit: 9,
    runsAudit: 0,
    executionLog: 0,
    tasks: 3,
    operatorActions: 0,
  });
  assertEquals((await engine.everTask.list()).items, []);
});

Deno.test("a retention policy with a limit that is not a number is refused", () => {
  const create = (retention: object) => () =>
    createEverTask({ storage: memoryStorage(), tasks: [], retention });
  const error = assertThrows(create({ statusAuditDays: "7" }), InvalidArgumentError);
  assert(error.message.includes('retention.statusAuditDays is "7"'));
  for (const maxExecutionLogsPerTask of [1.5, NaN, "7"]) {
    assertThrows(
      create({ maxExecutionLogsPerTask }),
      InvalidArgumentError,
      "maxExecutionLogsPerTask",
    );
  }
  assertThrows(create({ every: -1 }), InvalidArgumentError, "retention.every");
});

/** A storage that always has more to delete; each batch takes 100 ms. */
function endless(clock: FakeClock) {
  const counts = {
    statusAudit: 2_000,
    runsAudit: 0,
    executionLog: 0,
    tasks: 0,
    operatorActions: 0,
  };
  const batches = { begun: 0 };
  const storage: Pick<Storage, "purge"> = {
    async purge() {
      batches.begun++;
      await new Promise<void>((resolve) => clock.setTimer(resolve, 100));
      return { ...counts, done: false, busy: false };
    },
  };
  return { audit: new Audit(() => Promise.resolve(storage as Storage), clock), batches };
}

const moments: [when: string, afterMs: number, settled: boolean][] = [
  ["while a batch is under way", 50, false],
  ["in the rest after a batch", 300, true],
];
for (const [when, afterMs, isSettled] of moments) {
  Deno.test(`a signal that aborts ${when} ends a long purge`, async () => {
    const clock = new FakeClock();
    const { audit, batches } = endless(clock);
    const abort = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = abort.signal;
    abort.signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(abort.signal, args);
    };
    abort.signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--;
      removeEventListener.apply(abort.signal, args);
    };
    let settled = false;
    const purged = audit.purge({ statusAuditDays: 1 }, { signal: abort.signal });
    purged.finally(() => settled = true);
    await clock.advance(afterMs);
    abort.abort();
    await clock.advance(0);
    assertEquals([settled, batches.begun], [isSettled, 1]);
    await clock.advance(1_000);
    assertEquals([settled, batches.begun], [true, 1]);
    const { statusAudit, done, busy } = await purged;
    assertEquals([statusAudit, done, busy], [2_000, false, false]);
    assertEquals([clock.timerCount, listeners], [0, 0]);
  });
}

Deno.test("a purge during another one reports that, and does nothing", async () => {
  const clock = new FakeClock();
  const counts = { statusAudit: 0, runsAudit: 0, executionLog: 0, tasks: 0, operatorActions: 0 };
  let calls = 0;
  const storage: Pick<Storage, "purge"> = {
    async purge() {
      const busy = ++calls > 1;
      await new Promise<void>((resolve) => clock.setTimer(resolve, 100));
      return { ...counts, statusAudit: busy ? 0 : 7, done: false, busy };
    },
  };
  const audit = new Audit(() => Promise.resolve(storage as Storage), clock);
  const purged = audit.purge({ statusAuditDays: 1 });
  await clock.advance(5_000);
  assertEquals(calls, 2);
  assertEquals(await purged, { ...counts, statusAudit: 7, done: false, busy: true });
});

Deno.test("a purge pauses for four times the duration of its batch", async () => {
  const clock = new FakeClock();
  const { audit, batches } = endless(clock);
  const abort = new AbortController();
  const purged = audit.purge({ statusAuditDays: 1 }, { signal: abort.signal });
  await clock.advance(499);
  assertEquals(batches.begun, 1);
  await clock.advance(1);
  assertEquals(batches.begun, 2);
  abort.abort();
  await clock.advance(100);
  assertEquals((await purged).statusAudit, 4_000);
});
