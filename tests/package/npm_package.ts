// Uses the package as npm users do: imports it, and runs the examples and the conformance suite.
// compilers_test.ts checks its type declarations.

import { assertEquals, assertMatch } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { listPortableExamples } from "../support/examples.ts";
import type { NpmProject } from "../support/npm_project.ts";
import { runCommand } from "../support/run_command.ts";

const root = new URL("../../", import.meta.url);

const entryPoints = Object.keys(config.exports).map((path) => path.replace(/^\./, config.name));

/** The oldest and the newest version of each supported release line of Node. */
export const nodeVersions = ["22.13", "22", "24.0", "24"];
/** The versions that run TypeScript directly. */
const strippingTypes = ["22", "24"];
/** A version without node:sqlite. */
export const nodeWithoutSqlite = "20";

/** Checks the package under each version of Node. */
export async function checkNpmPackage(t: Deno.TestContext, project: NpmProject): Promise<void> {
  const run = (program: string, ...args: string[]) =>
    runCommand(program, args, { cwd: project.folder });
  const copy = (file: string | URL, name: string) =>
    Deno.copyFile(new URL(file, import.meta.url), `${project.folder}/${name}`);

  const passesConformance = (version: string, ...stores: string[]) =>
    t.step({
      name: `Node ${version} passes the storage conformance suite on ${stores.join(" and ")}`,
      async fn() {
        await copy("node_conformance.mjs", "conformance.mjs");
        const node = project.nodeProgram(version);
        const { stdout } = await run(node, "--test-reporter=tap", "conformance.mjs", ...stores);
        for (const store of stores) {
          assertMatch(stdout, new RegExp(`^ok \\d+ - ${store}: (?!.*# SKIP)`, "m"));
        }
      },
    });

  await t.step("package.json has the required version of Node", async () => {
    const manifest = `${project.folder}/node_modules/${config.name}/package.json`;
    const { engines } = JSON.parse(await Deno.readTextFile(manifest));
    assertEquals(engines, { node: `>=${nodeVersions[0]}` });
  });

  for (const version of nodeVersions) {
    const node = project.nodeProgram(version);
    await t.step(`Node ${version} imports every entry point`, async () => {
      const source = `
        const exported = {};
        for (const name of ${JSON.stringify(entryPoints)}) {
          exported[name] = Object.keys(await import(name)).sort();
        }
        console.log(JSON.stringify(exported));`;
      const { stdout } = await run(node, "--input-type=module", "--eval", source);
      const exported = await Promise.all(
        entryPoints.map(async (name) => [name, Object.keys(await import(name)).sort()]),
      );
      assertEquals(JSON.parse(stdout), Object.fromEntries(exported));
    });
    await passesConformance(version, "memory", "sqlite");
  }
  for (const version of strippingTypes) {
    await t.step(`Node ${version} runs the program evertask`, async () => {
      const program = `${project.folder}/node_modules/.bin/evertask`;
      const node = project.nodeProgram(version);
      assertEquals((await run(node, program, "--version")).stdout, `${config.version}\n`);
      const storage = [`--storage=sqlite:program${version}.db`, "--json"];
      await run(node, program, "migrate", ...storage);
      const { stdout } = await run(node, program, "status", ...storage);
      assertEquals(JSON.parse(stdout).due, 0);
    });
    for (const { path } of await listPortableExamples()) {
      await t.step(`Node ${version} runs ${path}`, async () => {
        await copy(new URL(path, root), "example.ts");
        await run(project.nodeProgram(version), "example.ts");
      });
    }
  }

  await passesConformance(nodeWithoutSqlite, "memory");
  await t.step(
    `Node ${nodeWithoutSqlite} runs tasks, and the error of SQLite names the required version`,
    async () => {
      await copy("node_without_sqlite.mjs", "without_sqlite.mjs");
      await run(project.nodeProgram(nodeWithoutSqlite), "without_sqlite.mjs");
    },
  );
}
