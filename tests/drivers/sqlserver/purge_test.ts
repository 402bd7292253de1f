// The steps of a purge, depending on the answers of the server.

import { assertEquals } from "@std/assert";
import type { SqlServerDatabase } from "../../../drivers/sqlserver/database.ts";
import type { TypedValue } from "../../../drivers/sqlserver/mssql.ts";
import { purge as purgeHistory } from "../../../drivers/sqlserver/purge.ts";

const nothing = { statusAudit: 0, runsAudit: 0, executionLog: 0, tasks: 0, operatorActions: 0 };

/**
 * Purges with `steps` as the answers of the server: a number of deleted rows, or the flag that is
 * set. Returns the result and the requested limits.
 */
async function purge(
  steps: readonly (number | "busy" | "done")[],
  options: Parameters<typeof purgeHistory>[2],
) {
  const limits: unknown[] = [];
  const left = [...steps];
  const call = (_name: string, { Limit }: Record<string, TypedValue>) => {
    const step = left.shift();
    if (step === undefined) throw new Error("There is nothing left to ask for.");
    limits.push(Limit?.value);
    const rows = typeof step === "number" ? step : 0;
    const flags = { Done: step === "done" ? 1 : 0, Busy: step === "busy" ? 1 : 0 };
    return Promise.resolve([[{
      StatusAudit: rows,
      RunsAudit: 0,
      ExecutionLog: 0,
      Tasks: 0,
      OperatorActions: 0,
      ActionId: null,
      ...flags,
    }]]);
  };
  const database = { call } as unknown as SqlServerDatabase;
  return { result: await purgeHistory(database, {}, options), limits };
}

Deno.test("a purge ends with its budget, and no step exceeds the rest of it", async () => {
  const { result, limits } = await purge([1000, 500], { budget: 1500 });
  assertEquals(limits, [1000, 500]);
  assertEquals(result, { ...nothing, statusAudit: 1500, done: false, busy: false });
});

Deno.test("a purge ends when nothing is left to delete", async () => {
  const { result, limits } = await purge([700, "done"], { budget: 5000 });
  assertEquals(limits, [1000, 1000]);
  assertEquals(result, { ...nothing, statusAudit: 700, done: true, busy: false });
});

Deno.test("a purge is busy if another process purges, unless it has deleted rows", async () => {
  const first = await purge(["busy"], { budget: 5000 });
  assertEquals(first.result, { ...nothing, done: false, busy: true });
  const second = await purge([1000, "busy"], { budget: 5000 });
  assertEquals(second.result, { ...nothing, statusAudit: 1000, done: false, busy: false });
});

Deno.test("a dry run is one step, for any number of rows", async () => {
  const { result } = await purge([20], { budget: 5000, dryRun: true });
  assertEquals(result, { ...nothing, statusAudit: 20, done: false, busy: false });
});
