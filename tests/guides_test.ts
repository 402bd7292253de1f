// The code in the guides to the examples compiles, the program in the README runs, and links to
// files are valid.

import { DatabaseSync } from "node:sqlite";
import { assert, assertEquals } from "@std/assert";
import { runCommand } from "./support/run_command.ts";

const root = new URL("../", import.meta.url);

/** All Markdown files of the project. */
async function listGuides(folder: URL): Promise<URL[]> {
  const guides: URL[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (name.startsWith(".") || name === "node_modules") continue;
    if (isDirectory) guides.push(...await listGuides(new URL(`${name}/`, folder)));
    else if (name.endsWith(".md")) guides.push(new URL(name, folder));
  }
  return guides;
}

Deno.test("every link to a file in the guides leads to an existing file", async () => {
  const dead: string[] = [];
  const guides = await listGuides(root);
  assert(guides.length > 5);
  for (const guide of guides) {
    const text = await Deno.readTextFile(guide);
    for (const [, target] of text.matchAll(/\]\((?!https?:|#|mailto:)([^)\s#]+)/g)) {
      const found = await Deno.stat(new URL(target!, guide)).then(() => true, () => false);
      if (!found) dead.push(`${guide.href.slice(root.href.length)}: ${target}`);
    }
  }
  assertEquals(dead, []);
});

Deno.test("the code in the README and in the guides to the examples compiles", async () => {
  const guides = [new URL("README.md", root), ...await listGuides(new URL("examples/", root))];
  const args = ["check", "--doc", ...guides.map(({ href }) => href)];
  await runCommand(Deno.execPath(), args, { timeout: 600_000 }); // takes seconds on an idle machine
});

Deno.test("the program in the README prints what the README says", async () => {
  const text = await Deno.readTextFile(new URL("README.md", root));
  const [, program] = text.match(/^```ts\n(.*?)^```$/ms) ?? [];
  assert(program !== undefined);
  // The program runs in an empty folder, because it keeps its tasks in app.db.
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/program.ts`, program);
    const config = new URL("deno.json", root).pathname;
    const { stdout } = await runCommand(
      Deno.execPath(),
      ["run", "-A", "--no-check", `--config=${config}`, "program.ts"],
      { cwd: folder },
    );
    const line = "Attempt 1: welcome, Ada (ada@example.com)";
    assertEquals(stdout.trim().split("\n"), [line, line]);
    using database = new DatabaseSync(`${folder}/app.db`);
    const waiting = "SELECT count(*) AS count FROM queued_tasks WHERE status = 'WaitingQueue'";
    assertEquals({ ...database.prepare(waiting).get() }, { count: 2 });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
