// Thousands of worlds, none of which breaks a promise.

import { formatFailure, shrink, trySeed } from "../../../src/testing/simulation/trial.ts";
import { memoryStore } from "./memory_store.ts";

/** They take some 12 s on a core. */
const count = 2_000;

/** The same seeds each time; EVERTASK_SEED gives others. */
const from = Number(Deno.env.get("EVERTASK_SEED") ?? 1);

Deno.test(`${count} seeds keep every promise, whatever befalls the processes, the network and the clocks`, async () => {
  for (let seed = from; seed < from + count; seed++) {
    const failure = await trySeed(seed, memoryStore);
    if (failure === null) continue;
    throw new Error(`seed ${seed}\n${formatFailure(await shrink(failure, memoryStore))}`);
  }
});
