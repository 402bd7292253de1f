// Draws from a seed when and where the scenario of an application happens, and which faults occur.

import { Chance } from "../chance.ts";
import { worstRate } from "../../checker/end_rules.ts";
import type { FaultDeed, Placed, PlannedStep, WorldPlan } from "../plan.ts";

/** Calls a function of the scenario. */
export interface ActStep {
  readonly kind: "act";
  /** The name of the function. */
  readonly act: string;
}

/** A run of an application. */
export type ApplicationPlan = WorldPlan<ActStep>;

/** The latest time at which a function is called, in milliseconds from the start. */
const lastActAt = 10_000;

/**
 * Draws a run of a scenario.
 *
 * @param scenario The names of the scenario's functions, in the order of their calls.
 */
export function drawPlan(seed: number, scenario: readonly string[]): ApplicationPlan {
  const chance = new Chance(seed);
  const machines = Array.from({ length: chance.integer(1, 3) }, () => ({
    offsetMs: chance.pick([0, 0, chance.integer(-3_600_000, 3_600_000)]),
    rate: chance.pick([1, 1, 1 - worstRate, 1 + worstRate]),
  }));
  const weather = {
    lossRate: chance.pick([0, 0, 0.02, 0.15]),
    slowestMs: chance.pick([5, 50, 50, 500]),
    killLossRate: 0.5,
  };
  const instants = scenario.map(() => chance.integer(0, lastActAt)).sort((a, b) => a - b);
  const acts = scenario.map((act, i) => ({
    atMs: instants[i]!,
    instance: chance.integer(0, machines.length - 1),
    kind: "act" as const,
    act,
  }));
  const faults = Array.from({ length: chance.integer(0, 6) }, () => {
    const near = acts.length > 0 && chance.happens(0.7) ? chance.pick(acts) : null;
    const atMs = near === null
      ? chance.integer(0, lastActAt)
      : near.atMs + chance.integer(0, chance.pick([30, 300, 2_000]));
    const instance = near !== null && chance.happens(0.7)
      ? near.instance
      : chance.integer(0, machines.length - 1);
    return drawFaults(chance, { atMs, instance });
  });
  const steps = [...acts, ...faults.flat()].sort((a, b) => a.atMs - b.atMs);
  return { seed: chance.seed(), startsAt: Date.UTC(2026, 0, 1), machines, weather, steps };
}

/** Draws a fault. A process that ends is started again. */
function drawFaults(chance: Chance, placed: Placed): PlannedStep<ActStep>[] {
  const kind = chance.pick(["kill", "kill", "kill", "freeze", "stop", "setClock"] as const);
  switch (kind) {
    case "kill":
    case "stop": {
      const fault: FaultDeed = kind === "kill" ? { kind } : { kind, timeoutMs: 500 };
      const atMs = placed.atMs + chance.integer(600, 4_000);
      return [{ ...placed, ...fault }, { ...placed, atMs, kind: "start" }];
    }
    case "freeze":
      return [{ ...placed, kind, forMs: chance.pick([100, 2_000, 8_000]) }];
    case "setClock":
      return [{ ...placed, kind, byMs: chance.integer(-100_000, 100_000) }];
  }
}
