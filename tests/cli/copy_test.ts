// Tests `evertask copy` between files and a PostgreSQL server, and with a process that is killed.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { startPostgres } from "../support/pg_server.ts";
import { runCli } from "./console.ts";
import { programArgs } from "./program.ts";
import { email, makeCliStore } from "./store.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/** Makes a file with a schema. */
async function newFile(folder: string): Promise<string> {
  const storage = `sqlite:${folder}/${crypto.randomUUID()}.db`;
  assertEquals((await runCli(["migrate", "--storage", storage])).code, 0);
  return storage;
}

const unsanitized = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "a store is copied to PostgreSQL and back, and both have the same digest",
  unsanitized,
  async () => {
    await using store = await makeCliStore();
    const { everTask, folder, targets } = store;
    await everTask.queues.pause("default", { by: "ada", reason: "a test" });
    const [, source] = targets.storage;
    const database = await server.createDatabase();
    const missing = await runCli(["copy", "--from", source!, "--to", database]);
    assertEquals(missing.code, 1);
    assertStringIncludes(missing.err, "Run: evertask migrate");
    await runCli(["migrate", "--storage", database]);
    const there = await runCli(["copy", "--json"], {
      env: { EVERTASK_FROM: source!, EVERTASK_TO: database },
    });
    assertEquals([there.code, there.err], [0, ""]);
    const { changed, tasks, statusAudit, pausedQueues, actions, sha256 } = JSON.parse(there.out);
    assertEquals([changed, tasks, pausedQueues, actions], [8, 8, 1, 1]);
    assert(statusAudit > 8);
    const back = await newFile(folder);
    const returned = await runCli(["copy", "--from", database, "--to", back, "--json"]);
    assertEquals([returned.code, JSON.parse(returned.out).sha256], [0, sha256]);
    const list = (target: string) => runCli(["tasks", "list", "--json", "--storage", target]);
    assertEquals(await list(back), await list(source!));
    const series = await runCli(["series", "--json", "--storage", database]);
    assertEquals(JSON.parse(series.out).taskKey, "newsletter");
  },
);

Deno.test(
  "a target with tasks needs --resume, which writes only what differs",
  unsanitized,
  async () => {
    await using store = await makeCliStore();
    const [, source] = store.targets.storage;
    const target = await newFile(store.folder);
    const copy = ["copy", "--from", source!, "--to", target];
    assertEquals((await runCli(copy)).code, 0);
    await store.everTask.dispatch(email, null, { delay: { hours: 1 } });
    const refused = await runCli(copy);
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.err, "The target holds tasks.");
    const resumed = await runCli([...copy, "--resume"]);
    assertEquals(resumed.code, 0);
    assertStringIncludes(resumed.out, "1 task written. Both stores have:\nTasks           9\n");
  },
);

Deno.test("what cannot be copied is refused by name", async () => {
  for (
    const [argv, said] of [
      ["copy --to sqlite:a.db", "Name the source: --from URL, or set EVERTASK_FROM."],
      ["copy --from sqlite:a.db", "Name the target: --to URL, or set EVERTASK_TO."],
      ["copy --from sqlite::memory: --to sqlite:a.db", "name a file"],
      ["copy --from https://ops.example.org --to sqlite:a.db", "The storage must be sqlite:FILE"],
    ] as const
  ) {
    const { code, err } = await runCli(argv.split(" "));
    assertEquals(code, 2, argv);
    assertStringIncludes(err, said);
  }
});

Deno.test("a copy whose process is killed continues", async () => {
  const folder = await Deno.makeTempDir({ prefix: "evertask-copy-" });
  try {
    const [source, target] = [await newFile(folder), await newFile(folder)];
    fill(source.slice("sqlite:".length), 8_000);
    const copy = ["copy", "--from", source, "--to", target];
    const child = new Deno.Command(Deno.execPath(), {
      args: [...await programArgs(folder), ...copy],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const copied = new DatabaseSync(target.slice("sqlite:".length));
    const count = () =>
      Number(copied.prepare("SELECT count(*) AS count FROM queued_tasks").get()!.count);
    // The first page arrives as an event of the file system.
    for await (const _ of Deno.watchFs(folder)) if (count() > 0) break;
    child.kill("SIGKILL");
    await child.status;
    const before = count();
    copied.close();
    const { code, out } = await runCli([...copy, "--resume", "--json"]);
    assertEquals([code, JSON.parse(out).tasks], [0, 8_000]);
    assertEquals(JSON.parse(out).changed, 8_000 - before);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Writes ended tasks with a status change each. */
function fill(file: string, tasks: number): void {
  const database = new DatabaseSync(file);
  const id = "'01a204c3-9e85-7000-8000-' || printf('%012x', i)";
  const numbers =
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${tasks})`;
  database.exec(`
    ${numbers} INSERT INTO queued_tasks (id, type, handler, status, audit_level, queue_name, priority,
      created_at_utc, attempt, request)
    SELECT ${id}, 'email', 'email', 'Completed', 0, 'default', 0, 1790000000000, 1, '{}' FROM n;
    ${numbers} INSERT INTO status_audit (queued_task_id, sequence, updated_at_utc, new_status)
    SELECT ${id}, i, 1790000000000, 'Completed' FROM n;`);
  database.close();
}
