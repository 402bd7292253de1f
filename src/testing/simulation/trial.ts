// Tries a seed: plays its scenario, and has its history checked. One that fails is made smaller.

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
  /** What is wrong, a line each. */
  readonly broken: readonly string[];
}

/** Tries a seed; null: its history is as promised. */
export async function trySeed(seed: number, makeStore: StoreMaker): Promise<Failure | null> {
  return await tryScenario(drawScenario(seed), makeStore);
}

/**
 * Makes a failing scenario smaller, while it still breaks one of the rules that it broke. Drops
 * steps (halves first, single ones in the end), then the faults of the network and of the clocks.
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
  for (let size = Math.ceil(failure.scenario.steps.length / 2); size > 0;) {
    const { length } = smallest.scenario.steps;
    for (let at = 0; at < smallest.scenario.steps.length;) {
      const steps = smallest.scenario.steps.toSpliced(at, size);
      if (!await fails({ ...smallest.scenario, steps })) at += size;
    }
    // What has to stay beside a step may go once that one is gone.
    if (size > 1 || smallest.scenario.steps.length === length) size = Math.floor(size / 2);
  }
  await fails({ ...smallest.scenario, weather: { lossRate: 0, slowestMs: 0 } });
  await fails({ ...smallest.scenario, machines: failure.scenario.machines.map(() => rightTime) });
  const used = 1 + Math.max(0, ...smallest.scenario.steps.map(({ instance }) => instance));
  await fails({ ...smallest.scenario, machines: smallest.scenario.machines.slice(0, used) });
  return smallest;
}

/** A failure for people: what is wrong, what was done, and what happened. */
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

async function tryScenario(scenario: Scenario, makeStore: StoreMaker): Promise<Failure | null> {
  const history = await playScenario(scenario, makeStore);
  const broken = checkHistory(history);
  return broken.length === 0 ? null : { scenario, history, broken };
}

/** The sentence of the rule that a line of the checker is about. */
function ruleOf(line: string): string {
  return line.split(": ")[1]!;
}
