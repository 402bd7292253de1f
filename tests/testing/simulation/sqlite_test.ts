// Runs simulations on SQLite. Its connections use the simulated clock, and faults are injected
// between them and the instances.

import { formatFailure, shrink, trySeed } from "../../../src/testing/simulation/trial.ts";
import { SqliteStores } from "./sqlite_stores.ts";

/** The number of seeds. They take about 4 s on one core. */
const count = 150;

const from = Number(Deno.env.get("EVERTASK_SEED") ?? 1);

Deno.test(`${count} seeds keep every promise on SQLite`, async () => {
  using stores = await SqliteStores.open();
  for (let seed = from; seed < from + count; seed++) {
    const failure = await trySeed(seed, stores.make);
    if (failure === null) continue;
    throw new Error(`seed ${seed}\n${formatFailure(await shrink(failure, stores.make))}`);
  }
});
