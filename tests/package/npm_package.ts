// What npm users do with the package: import it, check types against it, run the examples and the conformance suite.

import { assertEquals, assertMatch } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { listPortableExamples } from "../support/examples.ts";
import type { NpmProject } from "../support/npm_project.ts";
import { runCommand } from "../support/run_command.ts";

const root = new URL("../../", import.meta.url);

const entryPoints = Object.keys(config.exports).map((path) => path.replace(/^\./, config.name));

/** Checks the package under each of these versions. */
export async function checkNpmPackage(
  t: Deno.TestContext,
  project: NpmProject,
  nodeVersions: readonly number[],
): Promise<void> {
  const run = (program: string, ...args: string[]) =>
    runCommand(program, args, { cwd: project.folder });

  await t.step("its type declarations are complete", async () => {
    const source = entryPoints.map((name, i) =>
      `import * as entry${i} from ${JSON.stringify(name)};\nvoid entry${i};\n`
    );
    await Deno.writeTextFile(`${project.folder}/types.ts`, source.join(""));
    await run(Deno.execPath(), "check", "--node-modules-dir=manual", "types.ts");
  });

  for (const version of nodeVersions) {
    const node = project.nodeProgram(version);
    for (const name of entryPoints) {
      await t.step(`Node ${version} imports ${name}`, async () => {
        const source = `console.log(JSON.stringify(Object.keys(await import("${name}")).sort()))`;
        const { stdout } = await run(node, "--input-type=module", "--eval", source);
        assertEquals(JSON.parse(stdout), Object.keys(await import(name)).sort());
      });
    }
    for (const { path } of await listPortableExamples()) {
      await t.step({
        name: `Node ${version} runs ${path}`,
        async fn() {
          await Deno.copyFile(new URL(path, root), `${project.folder}/example.ts`);
          await run(node, "example.ts");
        },
      });
    }
    for (const store of ["memory", "sqlite"]) {
      await t.step({
        name: `Node ${version} passes the storage conformance suite on ${store}`,
        ignore: !entryPoints.includes(`${config.name}/${store}`),
        async fn() {
          const suite = new URL("node_conformance.mjs", import.meta.url);
          await Deno.copyFile(suite, `${project.folder}/conformance.mjs`);
          const { stdout } = await run(
            node,
            "--test-reporter=tap",
            "conformance.mjs",
            store,
          );
          assertMatch(stdout, /^# pass [1-9]/m);
        },
      });
    }
  }
}
