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

/**
 * Sends a query in each turn of the event loop, and calls `lose` in the middle. A query that fails
 * is followed by another at once, as callers repeat them.
 */
async function burst(pool: Pool, lose: () => unknown): Promise<Outcome[]> {
  const asking: Promise<Outcome>[] = [];
  const ask = (triesLeft: number): void => {
    asking.push(askOnce(pool, () => triesLeft > 0 && ask(0)));
  };
  for (let turn = 0; turn < turns; turn++) {
    ask(1);
    if (turn === turns / 2) lose();
    await new Promise<void>((resolve) => setImmediate(() => resolve()));
  }
  const outcomes: Outcome[] = [];
  // More queries are sent until the last one has failed.
  for (const outcome of asking) outcomes.push(await deadline(outcome, 15_000));
  return outcomes;
}

async function askOnce(pool: Pool, onFailure: () => unknown): Promise<Outcome> {
  const asked = crypto.randomUUID();
  try {
    const [row] = await pool.sql.unsafe("SELECT $1::text AS answer", [asked], { prepare: true });
    return { asked, answer: (row as { answer: string }).answer };
  } catch (error) {
    onFailure();
    return { code: (error as { code: string }).code };
  }
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
