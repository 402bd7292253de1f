import { assert, assertEquals, assertThrows } from "@std/assert";
import { createEverTask, defineTask, InvalidArgumentError, silentLogger } from "../../mod.ts";
import { MemoryDatabase, memoryStorage } from "../../drivers/memory/mod.ts";
import { Audit } from "../../src/application/audit.ts";
import { parseRetention } from "../../src/application/retention_keeper.ts";
import { nothingPurged } from "../../src/storage/kit/purge_in_batches.ts";
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

/** Returns an audit whose storage always has more to delete. Each batch takes 100 ms. */
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

Deno.test("a purge sizes its batches by time, and takes a larger share of it the longer it lasts", async () => {
  const clock = new FakeClock();
  const calls: { at: number; budget: number; ms: number }[] = [];
  const storage: Pick<Storage, "purge"> = {
    async purge(_, { budget }) {
      const call = { at: clock.monotonic(), budget, ms: budget / 100 };
      calls.push(call);
      await new Promise<void>((resolve) => clock.setTimer(resolve, call.ms));
      const counts = { ...nothingPurged, statusAudit: budget };
      return { ...counts, done: call.at > 60_000, busy: false };
    },
  };
  const purged = new Audit(() => Promise.resolve(storage as Storage), clock).purge({
    statusAuditDays: 1,
  });
  await clock.advance(70_000);
  await purged;
  assertEquals(calls.slice(0, 5).map(({ budget }) => budget), [
    2_000,
    4_000,
    8_000,
    10_000,
    10_000,
  ]);
  const shareAfter = (ms: number) => {
    const index = calls.findIndex(({ at }) => at >= ms);
    return calls[index]!.ms / (calls[index + 1]!.at - calls[index]!.at);
  };
  assertEquals([1_000, 15_000, 40_000].map(shareAfter), [0.2, 0.5, 0.8]);
});

Deno.test("the policy is applied at a tenth of its shortest limit, but at least every hour", () => {
  const minute = 1 / 1440;
  const intervals = [
    [{}, 3_600_000],
    [{ statusAuditDays: 30, runsAuditDays: 1 }, 3_600_000],
    [{ statusAuditDays: 30, executionLogDays: minute }, 6_000],
    [{ statusAuditDays: minute / 60, runsAuditDays: 0 }, 1_000],
    [{ statusAuditDays: minute, every: { minutes: 5 } }, 300_000],
  ] as const;
  for (const [options, ms] of intervals) {
    assertEquals(Math.round(parseRetention(options).everyMs), ms, JSON.stringify(options));
  }
});

const moments: [when: string, afterMs: number, settled: boolean][] = [
  ["while a batch is under way", 50, false],
  ["in the pause after a batch", 300, true],
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

Deno.test("a purge that finds another one under way ends, and reports that", async () => {
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
