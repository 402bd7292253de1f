// Tests the program as a process: its exit codes, its streams, signals, and recorded terminals.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { stripVTControlCharacters } from "node:util";
import { createEverTask, defineTask, silentLogger } from "../../mod.ts";
import { sqliteStorage } from "../../drivers/sqlite/mod.ts";
import { widthOf } from "../../src/cli/text/width.ts";
import { writeEnded } from "./ended_tasks.ts";
import { programArgs } from "./program.ts";

const root = new URL("../../", import.meta.url);
const folder = await Deno.makeTempDir({ prefix: "evertask-cli-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

/** The program and its first arguments. */
const program = [Deno.execPath(), ...await programArgs(folder)];

const storage = `sqlite:${folder}/app.db`;
/** Terminals have colours, whatever the environment of the tests says. */
const environment = { EVERTASK_STORAGE: storage, NO_COLOR: "", TERM: "xterm" };
const invoice = "請求書を送信する非常に長い名前のタスクの種類です";
const count = 1200;

{
  const tasks = ["email", invoice].map((type) => defineTask<unknown>({ type, handle() {} }));
  await using everTask = createEverTask({
    storage: sqliteStorage(`${folder}/app.db`),
    tasks,
    logger: silentLogger,
  });
  for (const task of tasks) {
    await everTask.dispatchMany(task, Array(count / 2).fill({ to: "ada" }), {
      delay: { hours: 1 },
    });
  }
}

async function run(args: readonly string[], env: Record<string, string> = environment) {
  const command = new Deno.Command(program[0]!, {
    args: [...program.slice(1), ...args],
    cwd: folder,
    env,
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** Runs a line in bash, and returns its standard output, followed by its standard error. */
async function shell(line: string): Promise<string> {
  const command = new Deno.Command("bash", { args: ["-c", line], cwd: folder, env: environment });
  const { stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout) + decoder.decode(stderr);
}

const quoted = program.map((word) => `'${word}'`).join(" ");

/** Runs the program on a terminal with `columns` columns, and returns the terminal's output. */
async function onTerminal(columns: number, args: string, typed = ""): Promise<string> {
  const line = `stty cols ${columns} rows 50; ${quoted} ${args}`;
  return await shell(`printf '${typed}' | script -qec ${JSON.stringify(line)} /dev/null`);
}

const hasScript = (await shell("script --version")).startsWith("script");

Deno.test("the program sets its exit code, and writes results to stdout and messages to stderr", async () => {
  const [version, unknown, missing] = await Promise.all([
    run(["--version"]),
    run(["stauts"]),
    run(["tasks", "show", "01900000-0000-7000-8000-000000000001"]),
  ]);
  assertEquals([version.code, version.err], [0, ""]);
  assertEquals(unknown, {
    code: 2,
    out: "",
    err: 'evertask: There is no command "stauts". Did you mean: status?\n',
  });
  assertEquals([missing.code, missing.out], [1, ""]);
});

Deno.test("a pipe gets uncut cells without titles, and a closed pipe ends the program without a message", async () => {
  const [list, broken] = await Promise.all([
    shell(`${quoted} tasks list --limit all | cut -f3 | sort | uniq -c`),
    shell(`${quoted} tasks list --limit all --json | head -c 20; echo " \${PIPESTATUS[0]}"`),
  ]);
  assertEquals(list.trim().split("\n").map((line) => line.trim()), [
    `${count / 2} email`,
    `${count / 2} ${invoice}`,
  ]);
  // 141 is the code of a process that SIGPIPE has ended.
  assertEquals(broken.split(" ").slice(1), ["141\n"], broken);
});

Deno.test({
  name: "tables fit a recorded terminal, and have colours only there",
  ignore: !hasScript,
  async fn() {
    const command = "tasks list --limit 520 --order oldest";
    const [narrow, wide] = await Promise.all([onTerminal(80, command), onTerminal(200, command)]);
    for (const [shown, columns] of [[narrow, 80], [wide, 200]] as const) {
      const lines = stripVTControlCharacters(shown).trimEnd().split(/\r?\n/);
      assertEquals(lines.length, 522, "a title, the tasks, and a note");
      for (const line of lines) assert(widthOf(line) <= columns, line);
      assert(lines[0]!.startsWith("ID "), lines[0]);
      assertStringIncludes(lines.at(-1)!, "There are more: add --limit all, or --after");
      assertEquals(shown.includes("\u001b[1m"), true, "the titles are bold");
    }
    assertStringIncludes(wide, "QUEUE");
    assertEquals(narrow.includes("QUEUE"), false);
  },
});

Deno.test({
  name:
    "a person is asked on a recorded terminal, and sees a progress bar that is erased at the end",
  ignore: !hasScript,
  async fn() {
    const shown = await onTerminal(80, "tasks delete --type email --all", "y\n");
    assertStringIncludes(shown, `Delete ${count / 2} tasks? [y/N]`);
    const [, ...bars] = shown.split("\r\u001b[K");
    assertEquals(bars.map((bar) => bar.trimEnd()), [
      "[######              ] 200 of 600 tasks",
      "[#############       ] 400 of 600 tasks",
      "[####################] 600 of 600 tasks",
      "600 tasks deleted.",
    ]);
  },
});

Deno.test("a configuration file names the storage and the tasks, and NO_COLOR is accepted", async () => {
  const config = `
    import { defineTask } from ${JSON.stringify(new URL("mod.ts", root).href)};
    const payload = { "~standard": { version: 1, vendor: "test", validate: (value) =>
      typeof value === "string" ? { value } : { issues: [{ message: "be a text" }] } } };
    export default {
      storage: ${JSON.stringify(storage)},
      tasks: [defineTask({ type: "greet", payload, handle() {} })],
    };`;
  await Deno.writeTextFile(`${folder}/evertask.config.mjs`, config);
  const [right, wrong] = await Promise.all([
    run(["tasks", "dispatch", "greet", '"ada"', "--at", "+1h"], { NO_COLOR: "1" }),
    run(["tasks", "dispatch", "greet", "7"], { NO_COLOR: "1" }),
  ]);
  assertEquals([right.code, right.err], [0, ""]);
  assertEquals([wrong.code, wrong.out], [1, ""]);
  assertStringIncludes(wrong.err, 'The payload does not fit task "greet": be a text');
});

Deno.test("a signal ends a waiting command with the exit code of the signal", async () => {
  const child = new Deno.Command(program[0]!, {
    args: [...program.slice(1), "tail", "--json"],
    cwd: folder,
    env: environment,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const tasks = [defineTask<null>({ type: "signal", handle() {} })];
  {
    await using everTask = createEverTask({
      storage: sqliteStorage(`${folder}/app.db`),
      tasks,
      logger: silentLogger,
    });
    const events = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    await everTask.start();
    const dispatched: Promise<unknown>[] = [];
    const dispatch = () => dispatched.push(everTask.dispatch(tasks[0]!, null));
    const dispatching = setInterval(dispatch, 50);
    await events.read(); // the command has subscribed when it prints the first event
    clearInterval(dispatching);
    await Promise.all(dispatched);
    await events.cancel();
  }
  child.kill("SIGINT");
  const { code } = await child.status;
  await child.stderr.cancel();
  assert(code === 130 || code === 141, `${code}`);
});

Deno.test("a signal ends a change of all tasks after a transaction, and the rest can be resumed", async () => {
  const file = `${folder}/many.db`;
  await run(["migrate", "--storage", `sqlite:${file}`]);
  const database = new DatabaseSync(file);
  try {
    const tasks = 20_000;
    writeEnded(database, tasks);
    const child = new Deno.Command(program[0]!, {
      args: [...program.slice(1), "tasks", "retry", "--status", "Completed", "--all", "--yes"],
      env: { EVERTASK_STORAGE: `sqlite:${file}` },
      ...{ stdout: "piped", stderr: "piped" },
    }).spawn();
    const retried = database.prepare(
      "SELECT count(*) AS count FROM queued_tasks WHERE status = 'Queued'",
    );
    while (retried.get()!.count === 0) await new Promise((resolve) => setTimeout(resolve));
    child.kill("SIGINT");
    const { code, stdout, stderr } = await child.output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    const changed = Number(retried.get()!.count);
    assertEquals([code, out], [130, `${changed.toLocaleString("en-US")} tasks retried.\n`]);
    assert(changed > 0 && changed < tasks && changed % 200 === 0, out);
    assertStringIncludes(err!, "To continue, call the same command with: --resume ");
  } finally {
    database.close();
  }
});
