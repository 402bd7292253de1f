// Runs the scenario of a seed, and checks its history. Shrinks failing scenarios.

import { checkHistory } from "../checker/check_history.ts";
import { drawScenario } from "./draw_scenario.ts";
import { formatHistory, type History } from "../checker/history.ts";
import { rightTime } from "./machine.ts";
import type { Scenario } from "./scenario.ts";
import { playScenario, type StoreMaker } from "./world.ts";

/** A scenario whose history breaks a rule. */
export interface Failure {
  readonly scenario: Scenario;
  readonly history: History;
  /** The violations, one per line. */
  readonly broken: readonly string[];
}

/** Runs and checks a seed. Returns null if its history violates no rule. */
export async function trySeed(seed: number, makeStore: StoreMaker): Promise<Failure | null> {
  return await tryScenario(drawScenario(seed), makeStore);
}

/**
 * Shrinks a failing scenario as long as it violates one of the same rules. Removes steps (first
 * halves, finally single ones), then the faults of the network and of the clocks.
 */
export async function shrink(failure: Failure, makeStore: StoreMaker): Promise<Failure> {
  const rulesBroken = new Set(failure.broken.map(ruleOf));
  let smallest = failure;
  const fails = async (scenario: Scenario): Promise<boolean> => {
    const tried = await tryScenario(scenario, makeStore);
    if (!tried?.broken.some((line) => rulesBroken.has(ruleOf(line)))) return false;
    smallest = tried;
    return true;
  };
  const calmTheWorld = async () => {
    const { machines } = smallest.scenario;
    await fails({ ...smallest.scenario, weather: { lossRate: 0, slowestMs: 0 } });
    await fails({
      ...smallest.scenario,
      machines: machines.map((machine) => ({ ...machine, ...rightTime })),
    });
    await fails({ ...smallest.scenario, retention: null });
  };
  // In a calm world no step depends on what the network did to those before it.
  await calmTheWorld();
  for (let size = Math.ceil(failure.scenario.steps.length / 2); size > 0;) {
    const { length } = smallest.scenario.steps;
    for (let at = 0; at < smallest.scenario.steps.length;) {
      const steps = smallest.scenario.steps.toSpliced(at, size);
      if (!await fails({ ...smallest.scenario, steps })) at += size;
    }
    // A step that was needed together with another one may be removed after that one is gone.
    if (size > 1 || smallest.scenario.steps.length === length) size = Math.floor(size / 2);
  }
  await calmTheWorld();
  const used = 1 + Math.max(0, ...smallest.scenario.steps.map(({ instance }) => instance));
  await fails({ ...smallest.scenario, machines: smallest.scenario.machines.slice(0, used) });
  return smallest;
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

/** Tries a scenario; null: its history is as promised. */
export async function tryScenario(
  scenario: Scenario,
  makeStore: StoreMaker,
): Promise<Failure | null> {
  const history = await playScenario(scenario, makeStore);
  const broken = checkHistory(history);
  return broken.length === 0 ? null : { scenario, history, broken };
}

/** Returns the name of the rule of a violation. */
function ruleOf(line: string): string {
  return line.split(": ")[1]!;
}
