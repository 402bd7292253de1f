// Runs the demo as a separate process. One test kills that process.

import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ProgressBar } from "../examples/demo/progress_bar.ts";

const program = new URL("../examples/demo/main.ts", import.meta.url).pathname;

/** A folder with files to hash, and a place for the database. */
class Workplace implements AsyncDisposable {
  readonly root: string;
  readonly folder: string;
  readonly database: string;

  constructor(root: string) {
    this.root = root;
    this.folder = join(root, "files");
    this.database = join(root, "demo.db");
  }

  static async create(files: number): Promise<Workplace> {
    const workplace = new Workplace(await Deno.makeTempDir());
    await Deno.mkdir(join(workplace.folder, "inner"), { recursive: true });
    for (let index = 0; index < files; index++) {
      const path = join(workplace.folder, index % 2 === 0 ? "" : "inner", `${index}.txt`);
      await Deno.writeTextFile(path, `line\n`.repeat(index % 7) + index);
    }
    return workplace;
  }

  start(...args: string[]): Deno.ChildProcess {
    return this.#command([this.folder, "--database", this.database, ...args]).spawn();
  }

  async run(...args: string[]) {
    return await this.runWith(this.folder, "--database", this.database, ...args);
  }

  async runWith(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const { code, stdout, stderr } = await this.#command(args).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  query<Row>(sql: string): Row[] {
    using database = new DatabaseSync(this.database);
    return database.prepare(sql).all() as Row[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }

  #command(args: string[]): Deno.Command {
    return new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", program, ...args],
      cwd: this.root,
      stdout: "piped",
      stderr: "piped",
    });
  }
}

async function assertHashed(workplace: Workplace, files: number): Promise<void> {
  const rows = workplace.query<{ path: string; sha256: string | null; lines: number | null }>(
    "SELECT path, sha256, lines FROM files ORDER BY path",
  );
  assertEquals(rows.length, files + 1); // with the folder itself, which cannot be read as a file
  for (const { path, sha256, lines } of rows) {
    if (path === workplace.folder) {
      assertEquals(sha256, null);
      continue;
    }
    const text = await Deno.readTextFile(path);
    assertEquals(sha256, createHash("sha256").update(text).digest("hex"), path);
    assertEquals(lines, text.split("\n").length, path);
  }
  const statuses = workplace.query<{ status: string; tasks: number }>(
    "SELECT status, count(*) AS tasks FROM queued_tasks GROUP BY status ORDER BY status",
  );
  assertEquals(statuses.map((row) => ({ ...row })), [
    { status: "Completed", tasks: files },
    { status: "Failed", tasks: 1 },
  ]);
}

Deno.test("the demo hashes every file, and retries an unreadable path, which fails with its reason", async () => {
  await using workplace = await Workplace.create(40);
  const { code, stdout, stderr } = await workplace.run();
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  await assertHashed(workplace, 40);
  assertStringIncludes(stdout, "100 % · 41 of 41 files\n");
  assert(/Completed +40\n +Failed +1\n/.test(stdout), stdout);
  assert(/queued_tasks +41\n/.test(stdout), stdout);
  assertStringIncludes(stdout, `Failed after 3 attempts: ${workplace.folder}\n  Error: EISDIR`);
  assert(!stdout.includes("\r") && !stdout.includes("\x1b"), "a pipe gets plain lines");
});

Deno.test("the demo, killed and started again, loses nothing and does nothing twice", async () => {
  const files = 300;
  await using workplace = await Workplace.create(files);
  // So slow that the demo has not ended, even if the kill is late.
  const process = workplace.start("--pause", "100");
  let shown = "";
  let killed = false;
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    shown += text;
    if (killed || !/^[2-6]\d %/m.test(shown)) continue;
    process.kill("SIGKILL");
    killed = true;
  }
  await process.stderr.cancel();
  assertEquals((await process.status).signal, "SIGKILL");
  const doneBefore = workplace.query("SELECT 1 FROM files WHERE sha256 IS NOT NULL").length;
  assert(doneBefore > 0 && doneBefore < files, `${doneBefore} files were done`);

  const { code, stdout, stderr } = await workplace.run();
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  await assertHashed(workplace, files);
  assertStringIncludes(stdout, `Continuing the scan of ${workplace.folder}`);
  const recovered = Number(stdout.match(/Recovered (\d+) tasks of a lost worker/)?.[1]);
  assertGreater(recovered, 0);
  const twice = workplace.query(
    "SELECT queued_task_id FROM status_audit WHERE new_status = 'Completed' " +
      "GROUP BY queued_task_id HAVING count(*) > 1",
  );
  assertEquals(twice, []);
});

Deno.test("the demo's audit level decides how many status audit rows a task has", async () => {
  // At Full, each attempt has three rows: queued, started and ended. Minimal and ErrorsOnly differ
  // only for recurring tasks.
  const expected = { Full: 3 * 10 + 3 * 3, Minimal: 3, ErrorsOnly: 3, None: 0 };
  const counted = await Promise.all(
    Object.keys(expected).map(async (level) => {
      await using workplace = await Workplace.create(10);
      const { stdout } = await workplace.run("--audit", level);
      assertStringIncludes(stdout, `Rows at audit level ${level}\n`);
      return [level, Number(stdout.match(/status_audit +(\d+)/)![1])];
    }),
  );
  assertEquals(Object.fromEntries(counted), expected);
});

Deno.test("the demo with wrong arguments prints the mistake and the usage, with exit code 2", async () => {
  await using workplace = await Workplace.create(0);
  const wrongCalls: [args: string[], message: string][] = [
    [["no/such/folder"], `There is no folder ${workplace.root}/no/such/folder.`],
    [[program], `There is no folder ${program}.`],
    [[workplace.folder, "--audit", "Some"], 'There is no audit level "Some"'],
    [[workplace.folder, "--pause=-1"], '--pause is "-1"'],
    [[workplace.folder, "--database", "nowhere/demo.db"], `There is no folder ${workplace.root}`],
    [[workplace.folder, "--database", program], `${program}`],
    [[workplace.folder, "--what"], "--what"],
    [["a", "b"], "Only one folder"],
  ];
  for (const [args, message] of wrongCalls) {
    const { code, stderr } = await workplace.runWith(...args);
    assertEquals(code, 2, `${args}: ${stderr}`);
    assertStringIncludes(stderr, message);
    assert(!/^\s+at /m.test(stderr), `no stack for the user:\n${stderr}`);
  }
});

Deno.test("in a terminal the demo's bar is redrawn in its line, and notes are above it", () => {
  let written = "";
  const bar = new ProgressBar({ isTTY: true, write: (text) => written += text });
  bar.draw(1, 4);
  bar.note("A note.");
  bar.end(4, 4);
  assertEquals(
    written,
    `\r\x1b[K${"█".repeat(7)}${"░".repeat(23)} 25 % · 1 of 4 files` +
      "\r\x1b[KA note.\n" +
      `\r\x1b[K${"█".repeat(30)} 100 % · 4 of 4 files\n`,
  );
});

Deno.test("a closed pipe ends the demo silently, and the next start resumes", async () => {
  await using workplace = await Workplace.create(60);
  // So slow that the demo has not ended, even if the reader closes late.
  const child = workplace.start("--pause", "500");
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  const stderr = await new Response(child.stderr).text();
  assertEquals([(await child.status).code, stderr], [141, ""]);
  assertStringIncludes((await workplace.run()).stdout, "Continuing the scan");
});

Deno.test("--dashboard prints a link that signs in, and the demo continues until it is interrupted", async () => {
  await using workplace = await Workplace.create(3);
  const child = workplace.start("--dashboard", "--pause", "0");
  let shown = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    shown += text;
    if (!shown.includes("until you press Ctrl-C")) continue;
    const [link] = /http:\S+/.exec(shown)!;
    const signedIn = await fetch(link, { redirect: "manual" });
    await signedIn.body?.cancel();
    const cookie = signedIn.headers.get("set-cookie")!;
    const tasks = new URL("tasks?status=Completed", link);
    const { items } = await (await fetch(tasks, { headers: { cookie } })).json();
    assertEquals(items.length, 3);
    child.kill("SIGINT");
  }
  const stderr = await new Response(child.stderr).text();
  assertEquals([(await child.status).code, stderr], [0, ""]);
});

Deno.test("--help lists the demo's arguments", async () => {
  await using workplace = await Workplace.create(0);
  const { code, stdout } = await workplace.runWith("--help");
  assertEquals(code, 0);
  assertStringIncludes(stdout, "--database");
});
