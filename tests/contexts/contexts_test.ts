// Handlers, hooks and subscribers run only in the context in which the instance was created.

import { startPostgres } from "../support/pg_server.ts";
import { runCommand } from "../support/run_command.ts";
import { checkContexts, type RunProgram } from "./contexts.ts";

const program = new URL("contexts_program.mjs", import.meta.url).href;
const config = new URL("../../deno.json", import.meta.url).pathname;
const inDeno: RunProgram = (...args) =>
  runCommand(Deno.execPath(), ["run", "-A", "--config", config, program, ...args]);

Deno.test("in Deno nothing runs in the context of another request, on the memory store", () =>
  checkContexts(inDeno, "memory"));

Deno.test("in Deno nothing runs in the context of another request, on SQLite", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await checkContexts(inDeno, "sqlite", `${folder}/tasks.db`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("in Deno nothing runs in the context of another request, on PostgreSQL", async () => {
  await using server = await startPostgres();
  await checkContexts(inDeno, "postgres", await server.createDatabase());
});
