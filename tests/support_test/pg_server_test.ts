// Tests the private PostgreSQL server that other tests use.

import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { delay } from "@std/async";
import postgres from "postgres";
import { startPostgres } from "../support/pg_server.ts";

const server = await startPostgres({ own: true });
Deno.test.afterAll(() => server.stop());

function open(url: string): postgres.Sql & AsyncDisposable {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  return Object.assign(sql, { [Symbol.asyncDispose]: () => sql.end() });
}

Deno.test("each test gets an empty database of its own", async () => {
  const [one, other] = [await server.createDatabase(), await server.createDatabase()];
  assertNotEquals(one, other);
  await using first = open(one);
  await using second = open(other);
  await first`CREATE TABLE note (text text)`;
  await first`INSERT INTO note VALUES ('héllo 🦕')`;
  assertEquals([...await first`SELECT text FROM note`], [{ text: "héllo 🦕" }]);
  await assertRejects(() => second`SELECT text FROM note`, Error, "does not exist");
});

Deno.test({
  name: "a restart keeps the data and the address, and cuts every session",
  ignore: !server.canRestart,
  async fn() {
    const url = await server.createDatabase();
    for (const mode of ["fast", "immediate"] as const) {
      await using before = open(url);
      await before`CREATE TABLE IF NOT EXISTS note (text text)`;
      await before`INSERT INTO note VALUES (${mode})`;
      await server.restart(mode, async () => {
        await assertRejects(() => open(url)`SELECT 1`, Error);
      });
    }
    await using after = open(url);
    const rows = await after`SELECT text FROM note ORDER BY text`;
    assertEquals(rows.map((row) => row.text), ["fast", "immediate"]);
  },
});

Deno.test({
  name: "a private server ends when the process that started it is killed with its process group",
  ignore: !server.canRestart,
  async fn() {
    const program = `
      import { startPostgres } from ${
      JSON.stringify(import.meta.resolve("../support/pg_server.ts"))
    };
      console.log((await startPostgres({ own: true })).url);
      await new Promise(() => setInterval(() => {}, 1000));`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", program],
      cwd: new URL("../../", import.meta.url),
      stdout: "piped",
      stderr: "null",
      detached: true,
    }).spawn();
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const url = (await lines.read()).value!.trim();
    {
      await using sql = open(url);
      assertEquals([...await sql`SELECT 1 AS one`], [{ one: 1 }]);
    }
    Deno.kill(-child.pid, "SIGKILL"); // with all that belongs to its process group
    await child.status;
    await lines.cancel();

    const { hostname, port } = new URL(url);
    for (let tries = 0; await isListening(hostname, Number(port)); tries++) {
      assert(tries < 1200, "the server still listens a minute after its parent was killed");
      await delay(50);
    }
  },
});

async function isListening(hostname: string, port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname, port })).close();
    return true;
  } catch {
    return false;
  }
}
