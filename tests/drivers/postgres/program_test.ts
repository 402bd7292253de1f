// Separate programs with minimal permissions.

import { assertEquals } from "@std/assert";
import { startPostgres } from "../../support/pg_server.ts";
import { runCommand } from "../../support/run_command.ts";
import { connect } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

const program = new URL("dispatching_program.ts", import.meta.url).pathname;

/**
 * Runs the program to its end, with only the network permission; resolves to its stored tasks and
 * its output.
 */
async function run(...end: string[]): Promise<[count: number, stdout: string]> {
  const url = await server.createDatabase();
  const permissions = ["--no-prompt", `--allow-net=${new URL(url).hostname}`];
  const { stdout } = await runCommand(Deno.execPath(), [
    "run",
    ...permissions,
    program,
    url,
    ...end,
  ]);
  await using sql = connect(url);
  return [(await sql`SELECT FROM evertask.queued_tasks`).length, stdout.trim()];
}

Deno.test("a program that only dispatches ends once all tasks are stored", async () => {
  assertEquals(await run(), [3, ""]);
});

Deno.test("a program whose connections alone would not keep it alive stops gracefully", async () => {
  assertEquals(await run("stop"), [3, "stopped"]);
});
