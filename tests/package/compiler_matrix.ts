// Compiles against the npm package with every supported compiler under every setting, and prints
// the results:
//
//   deno run -A tests/package/compiler_matrix.ts

import { compile, compilers, makeCompilerProject, nameOf, settings } from "./compilers.ts";

await using project = await makeCompilerProject(compilers);
const failures: string[] = [];
const columns = compilers.map((version) => version.padStart(5)).join("");
console.log(`${"TypeScript".padEnd(50)}${columns}`);
for (const setting of settings) {
  const results: string[] = [];
  for (const version of compilers) {
    try {
      await compile(project, version, [setting]);
      results.push("ok");
    } catch (error) {
      results.push("FAIL");
      failures.push(`TypeScript ${version}, ${nameOf(setting)}\n${error}`);
    }
  }
  const row = results.map((result) => result.padStart(5)).join("");
  console.log(`${nameOf(setting).padEnd(50)}${row}`);
}
for (const failure of failures) console.error(`\n${failure}`);
if (failures.length > 0) Deno.exitCode = 1;
