import { assert, assertEquals, assertThrows } from "@std/assert";
import { createEverTask, defineTask, InvalidArgumentError, silentLogger } from "../../mod.ts";
import { MemoryDatabase, memoryStorage } from "../../drivers/memory/mod.ts";
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

Deno.test("purge() deletes in batches what the policy allows; a dry run only counts", async () => {
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
  assertEquals(await deleted, { statusAudit: 9, runsAudit: 0, executionLog: 0, tasks: 3 });
  assertEquals((await engine.everTask.list()).items, []);
});

Deno.test("a retention policy with a limit that is no number is refused", () => {
  const create = (retention: object) => () =>
    createEverTask({ storage: memoryStorage(), tasks: [], retention });
  const error = assertThrows(create({ statusAuditDays: "7" }), InvalidArgumentError);
  assert(error.message.includes('retention.statusAuditDays is "7"'));
  assertThrows(create({ every: -1 }), InvalidArgumentError, "retention.every");
});
