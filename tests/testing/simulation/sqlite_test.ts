// The same worlds on SQLite: its connections go by the simulated clock, and the same faults stand
// between them and the instances.

import { formatFailure, shrink, tryScenario } from "../../../src/testing/simulation/trial.ts";
import { drawWithoutRetention, SqliteStores } from "./sqlite_stores.ts";

/** They take some 4 s on a core. */
const count = 150;

const from = Number(Deno.env.get("EVERTASK_SEED") ?? 1);

Deno.test(`${count} seeds keep every promise on SQLite`, async () => {
  using stores = await SqliteStores.open();
  for (let seed = from; seed < from + count; seed++) {
    const failure = await tryScenario(drawWithoutRetention(seed), stores.make);
    if (failure === null) continue;
    throw new Error(`seed ${seed}\n${formatFailure(await shrink(failure, stores.make))}`);
  }
});
