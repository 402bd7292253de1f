// Compares the estimated number of rows that each audit level writes with the actual number.

import { assertEquals } from "@std/assert";
import { defineTask, linearRetry } from "../../mod.ts";
import { auditLevels, rowsByLevel } from "../../src/dashboard/ui/audit_levels.ts";
import { Fleet } from "../support/fleet.ts";

const work = defineTask<boolean>({
  type: "work",
  retry: linearRetry(2, { seconds: 1 }),
  handle(fails) {
    if (fails) throw new Error("it broke");
  },
});

for (const level of auditLevels) {
  Deno.test(`the estimate for the level ${level} is the number of rows that the level writes`, async () => {
    await using fleet = new Fleet();
    const worker = await fleet.start({ tasks: [work], defaultAuditLevel: level });
    const web = fleet.create({ tasks: [work] });
    const outcomes = [false, false, false, true, true];
    for (const fails of outcomes) await worker.dispatch(work, fails);
    await fleet.pass(60_000);
    await worker.stop();
    const { rows } = (await web.audit.growth()).find(({ table }) => table === "StatusAudit")!;
    const to = new Date(fleet.clock.now() + 1);
    const steps = await web.operate.activity({ step: "day", to });
    assertEquals(rows, rowsByLevel(steps as never)[level]);
  });
}
