// Compiles the package with the oldest supported compiler, the last one written in TypeScript, and
// the newest one. To compile with each supported compiler under each setting:
//
//   deno run -A tests/package/compiler_matrix.ts

import { hasNpm } from "../support/npm_project.ts";
import { compile, makeCompilerProject, type Setting } from "./compilers.ts";

const versions = ["5.4", "5.9", "7"];

const settings: readonly Setting[] = [
  { module: "node16", dom: false, node: false },
  { module: "bundler", dom: true, node: false },
  { module: "nodenext", dom: false, node: true },
];

Deno.test({
  name: `the package's declarations compile under TypeScript ${versions.join(", ")}`,
  ignore: !await hasNpm(),
  async fn(t) {
    await using project = await makeCompilerProject(versions);
    for (const version of versions) {
      await t.step(version, () => compile(project, version, settings));
    }
  },
});
