// Compiles the package with the oldest supported compiler, the last one written in TypeScript, and
// the newest one. To compile with each supported compiler under each setting:
//
//   deno run -A tests/package/compiler_matrix.ts

import { hasNpm } from "../support/npm_project.ts";
import { compile, makeCompilerProject, type Setting } from "./compilers.ts";

const nodeNext: Setting = { module: "nodenext", dom: false, node: true };
const bundler: Setting = { module: "bundler", dom: true, node: false };
const node16: Setting = { module: "node16", dom: false, node: false };

/** The older compilers, which are slow, compile with one setting each, and the newest with all. */
const settingsOf = { "5.4": [nodeNext], "5.9": [bundler], "7": [node16, bundler, nodeNext] };

const versions = Object.keys(settingsOf);

Deno.test({
  name: `the package's declarations compile under TypeScript ${versions.join(", ")}`,
  ignore: !await hasNpm(),
  async fn(t) {
    await using project = await makeCompilerProject(versions);
    for (const [version, settings] of Object.entries(settingsOf)) {
      await t.step(version, () => compile(project, version, settings));
    }
  },
});
