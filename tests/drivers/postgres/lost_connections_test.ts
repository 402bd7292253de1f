// Connections that are lost while queries are being sent over them, at any instant between two
// turns of the event loop.

import { assertEquals } from "@std/assert";
import { deadline } from "@std/async";
import { setImmediate } from "node:timers";
import { resolveOptions } from "../../../drivers/postgres/options.ts";
import { makePool, type Pool } from "../../../drivers/postgres/pool.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { connect } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

const turns = 60;
const rounds = 5;

/** The answer to a query that returns its parameter; the code of its error. */
type Outcome = { readonly asked: string; readonly answer: string } | { readonly code: string };

/** Sends a query in each turn of the event loop, and calls `lose` in the middle. */
async function burst(pool: Pool, lose: () => unknown): Promise<Outcome[]> {
  const outcomes: Promise<Outcome>[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const asked = crypto.randomUUID();
    const query = pool.sql.unsafe("SELECT $1::text AS answer", [asked], { prepare: true });
    outcomes.push(
      Promise.resolve(query).then(
        ([row]) => ({ asked, answer: (row as { answer: string }).answer }),
        ({ code }) => ({ code }),
      ),
    );
    if (turn === turns / 2) lose();
    await new Promise<void>((resolve) => setImmediate(() => resolve()));
  }
  return await deadline(Promise.all(outcomes), 60_000);
}

for (const prepare of [true, false]) {
  for (const maxConnections of [1, 3]) {
    const pools = `pool of ${maxConnections}, ${prepare ? "" : "not "}prepared`;

    Deno.test(`each query over a connection that is lost is rejected or gets its own answer, and the next connection works (${pools})`, async () => {
      const url = await server.createDatabase();
      await using admin = connect(url, { max: 1 });
      const pool = makePool(resolveOptions({ url, maxConnections, prepare }));
      const terminate = () =>
        admin`
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid()`.execute();
      for (let round = 0; round < rounds; round++) {
        for (const lose of [pool.cut!, terminate, () => setImmediate(pool.cut!)]) {
          for (const outcome of await burst(pool, lose)) {
            if ("code" in outcome) assertEquals(isLoss(outcome.code), true, outcome.code);
            else assertEquals(outcome.answer, outcome.asked);
          }
        }
      }
      assertEquals((await burst(pool, () => {})).filter((outcome) => "code" in outcome), []);
      await pool.end();
    });
  }
}

/** Reports whether a code stands for a loss. A connection that never begins would be CONNECT_TIMEOUT. */
function isLoss(code: string): boolean {
  return ["57P01", "CONNECTION_CLOSED", "ECONNRESET", "EPIPE"].includes(code);
}
