// Prints the histories of seeds, in any runtime:
//
//   print_histories.ts FROM COUNT

import process from "node:process";
import { drawScenario } from "../../../src/testing/simulation/draw_scenario.ts";
import { formatHistory } from "../../../src/testing/checker/history.ts";
import { playScenario } from "../../../src/testing/simulation/world.ts";
import { memoryStore } from "./memory_store.ts";

const [from, count] = process.argv.slice(2).map(Number);
for (let seed = from!; seed < from! + count!; seed++) {
  console.log(
    `seed ${seed}\n${formatHistory(await playScenario(drawScenario(seed), memoryStore))}`,
  );
}
