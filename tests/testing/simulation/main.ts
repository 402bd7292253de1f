// Looks for a seed whose history breaks a promise, and prints it, as small as it can be made:
//
//   deno task simulate [--seeds N] [--from SEED]
//
// Without --seeds it tries 2,000; without --from it begins at 1. A failing seed is tried again by
// `--from SEED --seeds 1`.

import process from "node:process";
import { parseArgs } from "node:util";
import { formatFailure, shrink, trySeed } from "../../../src/testing/simulation/trial.ts";
import { memoryStore } from "./memory_store.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "2000" },
    from: { type: "string", default: "1" },
  },
});

const startedAt = performance.now();
const [count, from] = [wholeNumber("seeds"), wholeNumber("from")];
for (let seed = from; seed < from + count; seed++) {
  const failure = await trySeed(seed, memoryStore);
  if (failure === null) continue;
  console.log(`Seed ${seed} breaks a promise. As small as it can be made:\n`);
  console.log(formatFailure(await shrink(failure, memoryStore)));
  process.exit(1);
}
const seconds = (performance.now() - startedAt) / 1000;
console.log(`${count} seeds from ${from} on keep every promise; ${seconds.toFixed(1)} s.`);

function wholeNumber(name: "seeds" | "from"): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name} must be a whole number, not ${JSON.stringify(values[name])}.`);
  process.exit(2);
}
