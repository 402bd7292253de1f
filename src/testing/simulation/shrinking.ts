// Shrinks failing plans.

import type { History } from "../checker/history.ts";
import { rightTime } from "./machine.ts";
import type { WorldPlan } from "./plan.ts";
import type { Scenario } from "./scenario.ts";

/** A plan whose history breaks a rule. */
export interface Failure<Plan = Scenario> {
  readonly scenario: Plan;
  readonly history: History;
  /** The violations, one per line, each after the name of its rule: `not so: RULE: …`. */
  readonly broken: readonly string[];
}

/** Runs and checks a plan. Resolves to null if its history breaks no rule. */
export type Trial<Plan> = (plan: Plan) => Promise<Failure<Plan> | null>;

/**
 * Shrinks a failing plan as long as it violates one of the same rules. Removes steps (first halves,
 * finally single ones), then the faults of the network and of the clocks.
 */
export async function shrinkPlan<Plan extends WorldPlan<unknown>>(
  failure: Failure<Plan>,
  trial: Trial<Plan>,
): Promise<Failure<Plan>> {
  let smallest = failure;
  const fails = async (change: Partial<WorldPlan<unknown>>): Promise<boolean> => {
    const smaller = await failsAlike(failure, { ...smallest.scenario, ...change }, trial);
    smallest = smaller ?? smallest;
    return smaller !== null;
  };
  const calmTheWorld = async () => {
    const { machines } = smallest.scenario;
    const { weather } = smallest.scenario;
    if (!await fails({ weather: { lossRate: 0, slowestMs: 0 } })) {
      await fails({ weather: { ...weather, lossRate: 0 } });
    }
    await fails({ machines: machines.map((machine) => ({ ...machine, ...rightTime })) });
  };
  // In a calm world, no step depends on what the network did to earlier steps.
  await calmTheWorld();
  for (let size = Math.ceil(failure.scenario.steps.length / 2); size > 0;) {
    const { length } = smallest.scenario.steps;
    for (let at = 0; at < smallest.scenario.steps.length;) {
      if (!await fails({ steps: smallest.scenario.steps.toSpliced(at, size) })) at += size;
    }
    // A step may become unnecessary when another step has been removed, so try again.
    if (size > 1 || smallest.scenario.steps.length === length) size = Math.floor(size / 2);
  }
  await calmTheWorld();
  await fails({ steps: smallest.scenario.steps.map((step) => ({ ...step, instance: 0 })) });
  const used = 1 + Math.max(0, ...smallest.scenario.steps.map(({ instance }) => instance));
  await fails({ machines: smallest.scenario.machines.slice(0, used) });
  return smallest;
}

/** Tries another plan. Returns its failure if it violates one of the same rules; null otherwise. */
export async function failsAlike<Plan>(
  failure: Failure<Plan>,
  plan: Plan,
  trial: Trial<Plan>,
): Promise<Failure<Plan> | null> {
  const rules = new Set(failure.broken.map(ruleOf));
  const tried = await trial(plan);
  return tried?.broken.some((line) => rules.has(ruleOf(line))) ? tried : null;
}

/** Returns the name of the rule of a violation. */
function ruleOf(line: string): string {
  return line.split(": ")[1]!;
}
