// Runs the scenario of a seed, and checks its history.

import { checkHistory } from "../checker/check_history.ts";
import { drawScenario } from "./draw_scenario.ts";
import { formatHistory } from "../checker/history.ts";
import type { Scenario } from "./scenario.ts";
import { failsAlike, type Failure, shrinkPlan } from "./shrinking.ts";
import { playScenario, type StoreMaker } from "./world.ts";

/** Runs and checks a seed. Returns null if its history violates no rule. */
export async function trySeed(seed: number, makeStore: StoreMaker): Promise<Failure | null> {
  return await tryScenario(drawScenario(seed), makeStore);
}

/** Shrinks a failing scenario as long as it violates one of the same rules. */
export async function shrink(failure: Failure, makeStore: StoreMaker): Promise<Failure> {
  const small = await shrinkPlan(failure, (scenario) => tryScenario(scenario, makeStore));
  const keepsAll = { ...small.scenario, retention: null };
  return await failsAlike(small, keepsAll, (scenario) => tryScenario(scenario, makeStore)) ?? small;
}

/** Formats a failure: the violations, the scenario and the history. */
export function formatFailure({ scenario, history, broken }: Failure): string {
  const { steps, ...world } = scenario;
  return [
    ...broken,
    "",
    JSON.stringify(world),
    ...steps.map((step) => JSON.stringify(step)),
    "",
    formatHistory(history),
  ].join("\n");
}

/** Runs and checks a scenario. Returns null if its history violates no rule. */
export async function tryScenario(
  scenario: Scenario,
  makeStore: StoreMaker,
): Promise<Failure | null> {
  const history = await playScenario(scenario, makeStore);
  const broken = checkHistory(history);
  return broken.length === 0 ? null : { scenario, history, broken };
}
