// The code in the guides is code that compiles, and what they point to exists.

import { assertEquals } from "@std/assert";
import { runCommand } from "../support/run_command.ts";

const folder = new URL("../../examples/monitoring/", import.meta.url);
const entries = await Array.fromAsync(Deno.readDir(folder));
const guides = entries.map(({ name }) => name).filter((name) => name.endsWith(".md")).sort();

Deno.test("the code in the monitoring guides compiles", async () => {
  await runCommand(Deno.execPath(), ["check", "--doc", ...guides], { cwd: folder });
});

Deno.test("the monitoring guides point to files that are there, and leave out no example", async () => {
  const targets: string[] = [];
  for (const guide of guides) {
    const text = await Deno.readTextFile(new URL(guide, folder));
    for (const [, target = ""] of text.matchAll(/\]\(([^)]+)\)/g)) {
      if (!target.startsWith("https://")) targets.push(target);
    }
  }
  const there = entries.filter(({ isFile }) => isFile).map(({ name }) => name);
  assertEquals(targets.filter((target) => !there.includes(target)), []);
  const shown = there.filter((name) => name !== "README.md");
  assertEquals(shown.filter((name) => !targets.includes(name)), []);
});
