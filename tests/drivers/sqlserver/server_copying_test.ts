// Copies stores to SQL Server and back.

import { assertEquals } from "@std/assert";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import { sqliteStorage } from "../../../drivers/sqlite/mod.ts";
import { copyStore } from "../../../src/storage/copying/copy_store.ts";
import { needsTarget, withPool, withSchema } from "../../support/tsql_server/target.ts";
import { failureReport } from "../../support/failure_report.ts";
import { newTask } from "../../support/new_task.ts";
import { holder, writeEveryState } from "../../upgrade/every_state.ts";

Deno.test({
  ...needsTarget("a copy from SQLite to SQL Server and back has all rows"),
  fn: () =>
    withPool((pool) =>
      withSchema(pool, async (schema) => {
        const source = sqliteStorage({ path: ":memory:" });
        const target = sqlServerStorage({ connection: pool, schema });
        const again = sqliteStorage({ path: ":memory:" });
        await Promise.all([source.open(), target.open(), again.open()]);
        await writeEveryState(source);
        await source.persist([
          newTask({
            tags: ["tenant:42", "é "],
            payload: JSON.stringify("a\0b\u0010𝄞"),
            taskKey: "ä ",
          }),
          ...Array.from({ length: 600 }, () => newTask()),
        ]);
        await source.setQueuePaused("paused ", true, {
          verb: "pauseQueue",
          by: "Ann",
          reason: "a\0 reason",
          target: { kind: "queue", id: "paused " },
          before: null,
          after: null,
        });
        await source.reportWork(failureReport);
        await source.unregisterWorker(holder);

        const first = await copyStore({ from: source, to: target });
        assertEquals((await target.list({ tags: ["tenant:42"] })).items.length, 1);
        assertEquals((await target.failureGroups()).items, (await source.failureGroups()).items);
        assertEquals(await copyStore({ from: target, to: again }), first);
        const changed = newTask();
        await source.persist([changed]);
        const { changed: written } = await copyStore({ from: source, to: target, resume: true });
        assertEquals(written, 1);
        await Promise.all([source.close(), target.close(), again.close()]);
      })
    ),
});
