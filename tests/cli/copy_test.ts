// Tests `evertask copy` between files and a PostgreSQL server, and with a process that is killed.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { connect } from "../drivers/postgres/support.ts";
import { startPostgres } from "../support/pg_server.ts";
import { runCli } from "./console.ts";
import { writeEnded } from "./ended_tasks.ts";
import { programArgs } from "./program.ts";
import { email, makeCliStore } from "./store.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/** Makes a SQLite file with a schema, and returns the URL of its storage. */
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

Deno.test("a missing or unsuitable source or target of a copy is refused with the remedy", async () => {
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

Deno.test(
  "a copy follows a worker until the switch, also after it was killed, and each task runs once",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "evertask-copy-" });
    const [source, target] = [await newFile(folder), await server.createDatabase()];
    await runCli(["migrate", "--storage", target]);
    const file = new DatabaseSync(source.slice("sqlite:".length));
    writeEnded(file, ended);
    file.close();
    const program = await programArgs(folder);
    const start = (args: readonly string[], stdout: "null" | "piped") =>
      new Deno.Command(Deno.execPath(), { args: [...args], stdout, stderr: "inherit" }).spawn();
    const copy = [...program, "copy", "--from", source, "--to", target, "--follow", "--json"];
    await using copied = connect(target);
    const countCopied = async (where = "true") =>
      Number(
        (await copied.unsafe(
          `SELECT count(*) FROM evertask.queued_tasks WHERE ${where}`,
        ))[0]!.count,
      );
    const busy = start(workerArgs(source, "dispatch"), "piped");
    try {
      const runs = linesOf(busy);
      await runs.next(); // it works
      const ranAtSource = Array.fromAsync(runs);

      const first = start(copy, "null");
      while (await countCopied() === 0);
      first.kill("SIGKILL");
      await first.status;
      assert(await countCopied() < ended, "it was killed in between");

      const second = start([...copy, "--resume"], "piped");
      while (await countCopied("type = 'work'") === 0);
      busy.kill("SIGTERM");
      assertEquals((await busy.status).code, 0);
      const { code, stdout } = await second.output();
      const result = JSON.parse(new TextDecoder().decode(stdout));
      assertEquals([code, result.tasks], [0, await countCopied()]);

      // The rest of the tasks runs in the target.
      const left = await countCopied("status <> 'Completed'");
      assert(left >= 20, "the worker leaves tasks of another type");
      const next = start(workerArgs(target, `${left}`), "piped");
      const ranAtTarget = await Array.fromAsync(linesOf(next));
      assertEquals((await next.status).code, 0);
      assertEquals(await countCopied("status <> 'Completed'"), 0);
      const ran = [...await ranAtSource, ...ranAtTarget];
      assertEquals(new Set(ran).size, ran.length, "no task ran twice");
      assertEquals(ran.length, result.tasks - ended - 1); // the first line was read before
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

/** The number of tasks that have ended before the copy. */
const ended = 8_000;

/** The arguments of Deno that run a worker. */
function workerArgs(storage: string, what: string): string[] {
  const worker = new URL("copied_worker.ts", import.meta.url).pathname;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  return ["run", "-A", "--no-check", `--config=${config}`, worker, storage, what];
}

/** Yields the lines that a process writes. */
async function* linesOf(child: Deno.ChildProcess): AsyncGenerator<string> {
  let rest = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
