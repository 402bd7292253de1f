// Tests the entry points: a program loads only the parts that it imports (the core loads no driver
// and no database package, and a driver loads no other driver), and every name is documented.

import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { runCommand } from "../support/run_command.ts";

const root = new URL("../../", import.meta.url);

/**
 * The files (as paths from the root) and packages that importing an entry point loads at run time.
 */
async function loadedBy(entryPoint: string): Promise<string[]> {
  const { stdout } = await runCommand(Deno.execPath(), ["info", "--json", entryPoint], {
    cwd: root,
  });
  const { modules }: { modules: { specifier: string; kind: string }[] } = JSON.parse(stdout);
  return modules.map(({ specifier }) =>
    specifier.replace(root.href, "").replace(/^npm:\/?((?:@[^/@]+\/)?[^/@]+).*$/, "npm:$1")
  );
}

Deno.test("the core loads only its own files", async () => {
  const loaded = await loadedBy(config.exports["."]);
  assert(loaded.includes("src/guards/errors.ts"));
  const foreign = loaded.filter((name) => !/^(mod\.ts|src\/.+)$/.test(name));
  assertEquals(foreign, []);
});

for (const [subpath, entryPoint] of Object.entries<string>(config.exports)) {
  if (subpath === "./cli") continue; // loads the driver of the URL that it is given
  Deno.test(`importing ${subpath} loads no driver but its own`, async () => {
    const loaded = await loadedBy(entryPoint);
    const drivers = loaded.flatMap((name) => name.match(/^drivers\/\w+\//) ?? []);
    const others = drivers.filter((folder) => !entryPoint.startsWith(`./${folder}`));
    assertEquals(others, []);
  });
}

/** The names that an entry point exports, types included. */
async function exportsOf(entryPoint: string): Promise<string[]> {
  const { stdout } = await runCommand(Deno.execPath(), ["doc", "--json", entryPoint], {
    cwd: root,
  });
  const { nodes }: { nodes: Record<string, { symbols: { name: string }[] }> } = JSON.parse(stdout);
  return Object.values(nodes).flatMap(({ symbols }) => symbols.map(({ name }) => name));
}

Deno.test("the main entry point exports at most 100 names", async () => {
  const names = await exportsOf(config.exports["."]);
  assert(names.includes("createEverTask"));
  assert(names.length <= 100, `${names.length} names`);
});

Deno.test("no name is exported from two entry points", async () => {
  const entryPoints = new Map<string, string[]>();
  for (const [subpath, entryPoint] of Object.entries<string>(config.exports)) {
    for (const name of await exportsOf(entryPoint)) {
      entryPoints.set(name, [...entryPoints.get(name) ?? [], subpath]);
    }
  }
  assertEquals([...entryPoints].filter(([, subpaths]) => subpaths.length > 1), []);
});

Deno.test("every exported name and its members are documented, and refer to exported types", async () => {
  await runCommand(Deno.execPath(), ["run", "-A", "tests/support/lint_docs.ts"], { cwd: root });
});
