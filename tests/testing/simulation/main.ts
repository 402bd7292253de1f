// Looks for a seed whose history breaks a promise, and prints it, as small as it can be made.

import process from "node:process";
import { formatFailure, shrink, trySeed } from "../../../src/testing/simulation/trial.ts";
import { readOptions, wholeNumber } from "../../support/command_line.ts";
import { memoryStore } from "./memory_store.ts";

const usage = `deno task simulate [--seeds N] [--from SEED]

  --seeds  how many seeds to try (2000)
  --from   the first of them (1); \`--from SEED --seeds 1\` tries one again

Exits with 1 if a history breaks a promise.`;

const values = readOptions(usage, {
  seeds: { type: "string", default: "2000" },
  from: { type: "string", default: "1" },
});
const count = wholeNumber(usage, "seeds", values.seeds);
const from = wholeNumber(usage, "from", values.from);

const startedAt = performance.now();
for (let seed = from; seed < from + count; seed++) {
  const failure = await trySeed(seed, memoryStore);
  if (failure === null) continue;
  console.log(`Seed ${seed} breaks a promise. As small as it can be made:\n`);
  console.log(formatFailure(await shrink(failure, memoryStore)));
  process.exit(1);
}
const seconds = (performance.now() - startedAt) / 1000;
console.log(`${count} seeds from ${from} on keep every promise; ${seconds.toFixed(1)} s.`);
