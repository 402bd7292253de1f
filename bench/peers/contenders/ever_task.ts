// EverTask, in Deno: ever_task.ts STORE AUDIT_LEVEL MEASUREMENT TASKS ADDRESS...

import type { AuditLevel } from "@evertask/evertask";
import { measureDrain } from "../../measures/drain.ts";
import { measureLatency } from "../../measures/latency.ts";
import { measureLifecycle } from "../../measures/lifecycle.ts";
import { tell } from "../../support/child_process.ts";
import { type BenchDatabase, databaseAt } from "../../support/open_storage.ts";

const [store = "", level = "", measurement = "", count = "", ...addresses] = Deno.args;
const auditLevel = level as AuditLevel;
const tasks = Number(count);

function measure(database: BenchDatabase): Promise<unknown> {
  switch (measurement) {
    case "lifecycle":
      return measureLifecycle(database, { auditLevel, tasks });
    case "drain":
      return measureDrain(database, auditLevel, tasks);
    case "latency":
      return measureLatency(database, { auditLevel, callers: 1, tasks });
    default:
      throw new Error(`There is no measurement "${measurement}".`);
  }
}

let figures: unknown;
for (const address of addresses) {
  figures = await measure(await databaseAt(store, address));
}
tell(figures);
