// The same as contexts_test.ts, with the package under Node.

import type { NpmProject } from "../support/npm_project.ts";
import { nodeVersions, nodeWithoutSqlite } from "../package/npm_package.ts";
import { startPostgres } from "../support/pg_server.ts";
import { runCommand } from "../support/run_command.ts";
import { checkContexts, type RunProgram } from "./contexts.ts";

/** Checks the contexts under each version of Node, on each store that the version supports. */
export async function checkContextsInNode(t: Deno.TestContext, project: NpmProject): Promise<void> {
  const program = `${project.folder}/contexts_program.mjs`;
  await Deno.copyFile(new URL("contexts_program.mjs", import.meta.url), program);
  await using server = await startPostgres();
  for (const version of [nodeWithoutSqlite, ...nodeVersions]) {
    const run: RunProgram = (...args) =>
      runCommand(project.nodeProgram(version), [program, ...args], { cwd: project.folder });
    const places = [
      ["memory", ""],
      ["postgres", await server.createDatabase()],
      ...(version === nodeWithoutSqlite
        ? []
        : [["sqlite", `${project.folder}/contexts-${version}.db`]]),
    ] as const;
    for (const [store, place] of places) {
      await t.step(
        `in Node ${version} nothing runs in the context of another request, on ${store}`,
        () => checkContexts(run, store!, place),
      );
    }
  }
}
