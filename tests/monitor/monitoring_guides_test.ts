// The files to which the guides link exist, and the guides mention every example.

import { assertEquals } from "@std/assert";
import { existsSync } from "node:fs";

const folder = new URL("../../examples/monitoring/", import.meta.url);
const entries = await Array.fromAsync(Deno.readDir(folder));
const guides = entries.map(({ name }) => name).filter((name) => name.endsWith(".md")).sort();

Deno.test("the monitoring guides link only to existing files, and mention every example", async () => {
  const targets: string[] = [];
  for (const guide of guides) {
    const text = await Deno.readTextFile(new URL(guide, folder));
    // Guides are linked. Programs are only named, because they are not part of the package.
    for (
      const [, link, name] of text.matchAll(
        /\]\((?!https:)([^)#]+)[^)]*\)|`([\w.]+\.(?:ts|html|yml))`/g,
      )
    ) {
      targets.push((link ?? name)!);
    }
  }
  const there = entries.filter(({ isFile }) => isFile).map(({ name }) => name);
  const isThere = (target: string) =>
    target.startsWith("../") ? existsSync(new URL(target, folder)) : there.includes(target);
  assertEquals(targets.filter((target) => !isThere(target)), []);
  const shown = there.filter((name) => name !== "README.md");
  assertEquals(shown.filter((name) => !targets.includes(name)), []);
});
