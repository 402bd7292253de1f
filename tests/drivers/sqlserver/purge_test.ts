// The calls of a purge, depending on the answers of the server.

import { assertEquals } from "@std/assert";
import type { SqlServerDatabase } from "../../../drivers/sqlserver/database.ts";
import type { TypedValue } from "../../../drivers/sqlserver/mssql.ts";
import { Purge } from "../../../drivers/sqlserver/purge.ts";
import type { NewOperatorAction } from "../../../src/storage/operation_requests.ts";
import type { PurgeOptions, RetentionPolicy } from "../../../src/storage/retention.ts";
import { FakeClock } from "../../../src/testing/mod.ts";

const nothing = { statusAudit: 0, runsAudit: 0, executionLog: 0, tasks: 0, operatorActions: 0 };
const action = {
  ...{ verb: "purge", by: "ops", reason: null, before: null, after: null },
  target: { kind: "tasks", id: null },
} as const satisfies NewOperatorAction;

/** The answer of a call: a number of deleted rows, or the flag that is set. */
type Step = number | "busy" | "done";

/** The purges of one store. Each answer has another place. */
class Scene {
  readonly clock = new FakeClock();
  /** The parameters of the calls, by name. */
  readonly sent: Readonly<Record<string, unknown>>[] = [];
  readonly #purge = new Purge(this.clock);
  readonly #steps: Step[] = [];
  readonly #database = { call: this.#answer.bind(this) } as unknown as SqlServerDatabase;

  /** Purges with `steps` as the answers of the server. */
  async purge(steps: readonly Step[], options: PurgeOptions, policy: RetentionPolicy = {}) {
    this.#steps.splice(0, Infinity, ...steps);
    const result = await this.#purge.run(this.#database, policy, options);
    assertEquals(this.#steps, [], "all calls were made");
    return result;
  }

  /** Returns a parameter of all calls. */
  all(name: string): unknown[] {
    return this.sent.map((parameters) => parameters[name]);
  }

  #answer(_name: string, parameters: Record<string, TypedValue>) {
    const step = this.#steps.shift();
    if (step === undefined) throw new Error("There is nothing left to ask for.");
    this.sent.push(
      Object.fromEntries(Object.entries(parameters).map(([name, { value }]) => [name, value])),
    );
    return Promise.resolve([[{
      ...{ StatusAudit: typeof step === "number" ? step : 0, RunsAudit: 0, ExecutionLog: 0 },
      ...{ Tasks: 0, OperatorActions: 0, ActionId: parameters.Verb === undefined ? null : 7 },
      ...{ Done: step === "done" ? 1 : 0, Busy: step === "busy" ? 1 : 0 },
      ...{ Walk: 1, AfterUtc: "2030-01-01", AfterNumber: String(this.sent.length) },
      AfterOrder: new Uint8Array([this.sent.length]),
    }]]);
  }
}

Deno.test("a purge ends with its budget, and no call exceeds the rest of it", async () => {
  const scene = new Scene();
  const result = await scene.purge([10_000, 500], { budget: 10_500 });
  assertEquals(scene.all("Limit"), [10_000, 500]);
  assertEquals(result, { ...nothing, statusAudit: 10_500, done: false, busy: false });
});

Deno.test("a purge ends when nothing is left to delete", async () => {
  const scene = new Scene();
  const result = await scene.purge([700, "done"], { budget: 5000 });
  assertEquals(scene.all("Limit"), [5000, 4300]);
  assertEquals(result, { ...nothing, statusAudit: 700, done: true, busy: false });
});

Deno.test("a purge is busy if another process purges, unless it has deleted rows", async () => {
  const first = await new Scene().purge(["busy"], { budget: 5000 });
  assertEquals(first, { ...nothing, done: false, busy: true });
  const second = await new Scene().purge([1000, "busy"], { budget: 5000 });
  assertEquals(second, { ...nothing, statusAudit: 1000, done: false, busy: false });
});

Deno.test("of two purges of one process the second does nothing", async () => {
  const scene = new Scene();
  const first = scene.purge(["done"], { budget: 5000 });
  assertEquals((await scene.purge([], { budget: 5000 })).busy, true);
  assertEquals((await first).done, true);
  assertEquals((await scene.purge(["done"], { budget: 5000 })).busy, false, "a later one");
});

Deno.test("each call continues where the previous one ended, also after a call that was busy", async () => {
  const scene = new Scene();
  await scene.purge([20, 10], { budget: 30 });
  await scene.purge(["busy"], { budget: 30 });
  await scene.purge([1, "done"], { budget: 30 });
  await scene.purge(["done"], { budget: 30 });
  const numbers = [undefined, 1, 2, 2, 4, undefined];
  assertEquals(scene.all("AfterNumber"), numbers, "a complete purge is followed by a new one");
  const orders = numbers.map((number) => number && new Uint8Array([number]));
  assertEquals(scene.all("AfterOrder"), orders);
});

Deno.test("another policy begins anew", async () => {
  const scene = new Scene();
  await scene.purge([30], { budget: 30 });
  await scene.purge([30], { budget: 30 }, { statusAuditDays: 2 });
  await scene.purge([30], { budget: 30 }, { statusAuditDays: 2 });
  assertEquals(scene.all("AfterNumber"), [undefined, undefined, 2]);
});

Deno.test("all tasks are read by the first purge of a policy, and every ten minutes", async () => {
  const scene = new Scene();
  await scene.purge([30], { budget: 30 });
  await scene.purge([30, "done"], { budget: 60 });
  await scene.purge(["done"], { budget: 30 });
  await scene.purge(["done"], { budget: 30 }, { statusAuditDays: 2 });
  await scene.clock.advance(599_999);
  await scene.purge(["done"], { budget: 30 }, { statusAuditDays: 2 });
  await scene.clock.advance(1);
  await scene.purge(["done"], { budget: 30 }, { statusAuditDays: 2 });
  assertEquals(scene.all("ReadsAll"), [true, true, true, false, true, false, true]);
});

Deno.test("an operator's purge begins anew, reads all tasks, and continues its own action", async () => {
  const scene = new Scene();
  await scene.purge([1, "done"], { budget: 30 });
  await scene.purge([30], { budget: 30 });
  await scene.purge([10, 20], { budget: 30, by: { action, continues: null } });
  await scene.purge(["done"], { budget: 30, by: { action, continues: "7" } });
  assertEquals(scene.all("AfterNumber").slice(2), [undefined, undefined, 4, 5]);
  assertEquals(scene.all("ReadsAll").slice(2), [false, true, true, true]);
  assertEquals(scene.all("ContinuesId").slice(3), [null, 7, 7]);
});

Deno.test("a dry run counts in as many calls as it takes, and does not move the place of a purge", async () => {
  const scene = new Scene();
  await scene.purge([30], { budget: 30 });
  const result = await scene.purge([20, 5, "done"], { budget: 1, dryRun: true });
  await scene.purge(["done"], { budget: 30 });
  assertEquals(result, { ...nothing, statusAudit: 25, done: true, busy: false });
  assertEquals(scene.all("DryRun"), [undefined, true, true, true, undefined]);
  assertEquals(scene.all("AfterNumber"), [undefined, undefined, 2, 3, 1]);
});
