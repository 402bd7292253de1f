// The examples are programs that work: each runs to its end, in an empty folder of its own.

import { assertEquals } from "@std/assert";
import { listExamples } from "./support/examples.ts";
import { startPostgres } from "./support/pg_server.ts";
import { runCommand } from "./support/run_command.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

const root = new URL("../", import.meta.url);

/** The services that an example may need, each with its environment variables. */
const providers: Record<string, () => Promise<Record<string, string>>> = {
  postgres: async () => ({ EVERTASK_POSTGRES_URL: await server.createDatabase() }),
  // Needs Deno, and is skipped when Node runs the examples.
  deno: () => Promise.resolve({}),
};

Deno.test("no example uses `using`, which Node supports from version 24 on", async () => {
  const examples = await listExamples();
  const texts = await Promise.all(
    examples.map(({ path }) => Deno.readTextFile(new URL(path, root))),
  );
  const disposing = examples.filter((_, index) => /^\s*(await )?using /m.test(texts[index]!));
  assertEquals(disposing.map(({ path }) => path), []);
});

for (const { path, needs } of await listExamples()) {
  const missing = needs.filter((need) => !(need in providers));
  Deno.test({
    name: missing.length === 0
      ? `${path} runs to its end`
      : `${path} runs to its end (needs ${missing.join(", ")})`,
    ignore: missing.length > 0,
    async fn() {
      const env: Record<string, string> = {};
      for (const need of needs) Object.assign(env, await providers[need]!());
      const cwd = await Deno.makeTempDir();
      try {
        await runCommand(Deno.execPath(), ["run", "-A", new URL(path, root).href], { cwd, env });
      } finally {
        await Deno.remove(cwd, { recursive: true });
      }
    },
  });
}
