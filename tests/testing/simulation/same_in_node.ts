// Tests that a seed gives the same history in Node as in Deno.

import { assertEquals } from "@std/assert";
import type { NpmProject } from "../../support/npm_project.ts";
import { runCommand } from "../../support/run_command.ts";

const program = new URL("print_histories.ts", import.meta.url).pathname;
const seeds = ["1", "40"];

/** Runs some seeds in both runtimes. */
export async function checkSimulationInNode(
  t: Deno.TestContext,
  project: NpmProject,
): Promise<void> {
  await t.step("in Node a seed gives the same history as in Deno, byte for byte", async () => {
    const { stdout: expected } = await runCommand(Deno.execPath(), ["run", program, ...seeds]);
    const { stdout } = await runCommand(project.nodeProgram("22"), [program, ...seeds]);
    assertEquals(stdout, expected);
  });
}
