// Tests which packages the demo downloads without a cache.

import { assertEquals, assertLess } from "@std/assert";
import { folderSize } from "../support/folder_size.ts";
import { runCommand } from "../support/run_command.ts";

const root = new URL("../../", import.meta.url);
const mostBytes = 30_000_000;

Deno.test("from an empty cache, the demo downloads a few small packages without a warning", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const cache = `${folder}/cache`;
    const demo = ["task", "demo", "examples/demo", "--database", `${folder}/demo.db`];
    const { stderr } = await runCommand(Deno.execPath(), demo, {
      cwd: root,
      env: { DENO_DIR: cache, NO_COLOR: "1" },
    });
    const packages = stderr.matchAll(/^Download .*\/([^/]+)$/gm);
    const names = new Set(Array.from(packages, ([, name]) => name!.replace(/-[\d.]+\.tgz$/, "")));
    assertEquals([...names].sort(), ["croner", "postgres", "zod"]);
    assertEquals(stderr.match(/warning/i), null, stderr);
    assertLess(await folderSize(cache), mostBytes);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
