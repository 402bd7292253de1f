// Simulates thousands of worlds, none of which may violate a rule.

import {
  formatFailure,
  shrink,
  tryScenario,
  trySeed,
} from "../../../src/testing/simulation/trial.ts";
import { mended } from "./mended.ts";
import { memoryStore } from "./memory_store.ts";

/** The number of seeds. They take about 12 s on one core. */
const count = 2_000;

/** The first seed, the same in each run unless EVERTASK_SEED sets another one. */
const from = Number(Deno.env.get("EVERTASK_SEED") ?? 1);

Deno.test(`${count} seeds keep every promise despite faults of processes, the network and clocks`, async () => {
  for (let seed = from; seed < from + count; seed++) await keepsPromises(seed);
});

for (const [sentence, scenario] of Object.entries(mended)) {
  Deno.test(`regression: ${sentence}`, async () => {
    const failure = await tryScenario(scenario, memoryStore);
    if (failure !== null) throw new Error(formatFailure(failure));
  });
}

async function keepsPromises(seed: number): Promise<void> {
  const failure = await trySeed(seed, memoryStore);
  if (failure === null) return;
  throw new Error(`seed ${seed}\n${formatFailure(await shrink(failure, memoryStore))}`);
}
