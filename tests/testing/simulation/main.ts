// Searches for a seed whose history violates a rule, and prints its smallest scenario.

import process from "node:process";
import { formatFailure, shrink, trySeed } from "../../../src/testing/simulation/trial.ts";
import { readOptions, wholeNumber } from "../../support/command_line.ts";
import { memoryStore } from "./memory_store.ts";
import { SqliteStores } from "./sqlite_stores.ts";

const usage = `deno task simulate [--seeds N] [--from SEED] [--store memory|sqlite]

  --seeds  how many seeds to try (2000)
  --from   the first seed (1); \`--from SEED --seeds 1\` repeats a single seed
  --store  memory or sqlite (memory)

Exits with 1 if a history breaks a promise.`;

const values = readOptions(usage, {
  seeds: { type: "string", default: "2000" },
  from: { type: "string", default: "1" },
  store: { type: "string", default: "memory" },
});
const count = wholeNumber(usage, "seeds", values.seeds);
const from = wholeNumber(usage, "from", values.from);
using sqlite = values.store === "sqlite" ? await SqliteStores.open() : null;
const makeStore = sqlite?.make ?? memoryStore;

const startedAt = performance.now();
for (let seed = from; seed < from + count; seed++) {
  const failure = await trySeed(seed, makeStore);
  if (failure === null) continue;
  console.log(`Seed ${seed} breaks a promise. The smallest scenario found:\n`);
  console.log(formatFailure(await shrink(failure, makeStore)));
  sqlite?.[Symbol.dispose]();
  process.exit(1);
}
const seconds = (performance.now() - startedAt) / 1000;
console.log(`${count} seeds from ${from} on keep every promise; ${seconds.toFixed(1)} s.`);
