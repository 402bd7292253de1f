// The package as npm users get it: packed, installed in an empty project, and run under the oldest and the newest Node
// that are supported for long.

import { assertEquals, assertMatch } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { listPortableExamples } from "../support/examples.ts";
import { runCommand } from "../support/run_command.ts";

const root = new URL("../../", import.meta.url);
const nodeVersions = [22, 24];

const entryPoints = Object.keys(config.exports).map((path) => path.replace(/^\./, config.name));

async function hasNpm(): Promise<boolean> {
  try {
    await runCommand("npm", ["--version"]);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** An empty project with the packed package and each version of Node installed. */
async function makeProject() {
  const folder = await Deno.makeTempDir({ prefix: "evertask-npm-" });
  await runCommand(Deno.execPath(), ["pack", "--allow-dirty", `--output=${folder}/package.tgz`], {
    cwd: root,
  });
  const os = Deno.build.os === "windows" ? "win" : Deno.build.os;
  const arch = Deno.build.arch === "x86_64" ? "x64" : "arm64";
  const dependencies: Record<string, string> = {
    [config.name]: "file:package.tgz",
    zod: config.imports.zod.replace("npm:zod@", ""),
  };
  for (const version of nodeVersions) {
    dependencies[`node${version}`] = `npm:node-${os}-${arch}@${version}`;
  }
  const project = { private: true, type: "module", dependencies };
  await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify(project));
  const quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--prefer-offline"];
  await runCommand("npm", ["install", "--ignore-scripts", ...quiet], {
    cwd: folder,
    timeout: 180_000,
  });
  return {
    folder,
    run: (program: string, ...args: string[]) => runCommand(program, args, { cwd: folder }),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test({
  name: "the npm package runs under Node",
  ignore: !await hasNpm(),
  async fn(t) {
    await using project = await makeProject();

    await t.step("its type declarations are complete", async () => {
      const source = entryPoints.map((name, i) =>
        `import * as entry${i} from ${JSON.stringify(name)};\nvoid entry${i};\n`
      );
      await Deno.writeTextFile(`${project.folder}/types.ts`, source.join(""));
      await project.run(Deno.execPath(), "check", "--node-modules-dir=manual", "types.ts");
    });

    for (const version of nodeVersions) {
      const node = `${project.folder}/node_modules/node${version}/bin/node`;
      for (const name of entryPoints) {
        await t.step(`Node ${version} imports ${name}`, async () => {
          const source = `console.log(JSON.stringify(Object.keys(await import("${name}")).sort()))`;
          const { stdout } = await project.run(node, "--input-type=module", "--eval", source);
          assertEquals(JSON.parse(stdout), Object.keys(await import(name)).sort());
        });
      }
      for (const { path } of await listPortableExamples()) {
        await t.step(`Node ${version} runs ${path}`, async () => {
          await Deno.copyFile(new URL(path, root), `${project.folder}/example.ts`);
          await project.run(node, "example.ts");
        });
      }
      for (const store of ["memory", "sqlite"]) {
        await t.step({
          name: `Node ${version} passes the storage conformance suite on ${store}`,
          ignore: !entryPoints.includes(`${config.name}/${store}`),
          async fn() {
            const suite = new URL("node_conformance.mjs", import.meta.url);
            await Deno.copyFile(suite, `${project.folder}/conformance.mjs`);
            const { stdout } = await project.run(
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
  },
});
