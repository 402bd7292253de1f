// Draws a scenario from a seed.

import { auditLevels } from "../../audit/audit_level.ts";
import { Chance } from "./chance.ts";
import { worstRate } from "../checker/end_rules.ts";
import type { ClockFault } from "./machine.ts";
import { type Act, calmAtMs, type Deed, type Scenario, type Step } from "./scenario.ts";

/** Draws a scenario from the lowest 32 bits of a seed. */
export function drawScenario(seed: number): Scenario {
  const chance = new Chance(seed);
  const machines = Array.from({ length: chance.integer(1, 3) }, () => drawClock(chance));
  const weather = {
    lossRate: chance.pick([0, 0, 0.02, 0.15]),
    slowestMs: chance.pick([0, 5, 50, 500]),
  };
  const dispatches = chance.integer(1, 12);
  const steps: Step[] = [];
  for (let number = 1; number <= dispatches; number++) {
    steps.push(drawStep(chance, machines.length, drawDispatch(chance, number)));
  }
  for (let others = chance.integer(0, 10); others > 0; others--) {
    steps.push(drawStep(chance, machines.length, drawDeed(chance, dispatches)));
  }
  steps.sort((a, b) => a.atMs - b.atMs);
  return { seed: chance.seed(), machines, weather, steps };
}

function drawClock(chance: Chance): ClockFault {
  return {
    offsetMs: chance.pick([0, 0, chance.integer(-3_600_000, 3_600_000)]),
    rate: chance.pick([1, 1, 1 - worstRate, 1 + worstRate]),
  };
}

function drawStep(chance: Chance, machines: number, deed: Deed): Step {
  return {
    atMs: chance.integer(0, calmAtMs * 0.75),
    instance: chance.integer(0, machines - 1),
    ...deed,
  };
}

const ofAttempt: readonly Act[] = [
  "return",
  "return",
  "work",
  "work",
  "deaf",
  "throw",
  "throwOdd",
  "dispatch",
];

function drawDispatch(chance: Chance, number: number): Deed {
  return {
    kind: "dispatch",
    type: chance.pick(["plain", "plain", "timed"] as const),
    play: {
      number,
      acts: Array.from({ length: chance.integer(1, 3) }, () => chance.pick(ofAttempt)),
      takesMs: chance.pick([1, 100, 1_500, 9_000]),
    },
    queue: chance.pick(["default", "narrow"] as const),
    priority: chance.integer(-1, 1),
    level: chance.pick(auditLevels),
    key: chance.pick([null, null, "a", "b"]),
    delayMs: chance.pick([0, 0, 0, 50, 4_000]),
    retries: chance.integer(0, 3),
  };
}

function drawDeed(chance: Chance, dispatches: number): Deed {
  const kind = chance.pick(
    [
      "cancel",
      "cancel",
      "pause",
      "resume",
      "kill",
      "start",
      "stop",
      "freeze",
      "setClock",
    ] as const,
  );
  switch (kind) {
    case "cancel":
      return { kind, number: chance.integer(1, dispatches) };
    case "pause":
    case "resume":
      return { kind, queue: chance.pick(["default", "narrow"]) };
    case "stop":
      return { kind, timeoutMs: chance.pick([0, 500, 20_000]) };
    case "kill":
    case "start":
      return { kind };
    case "freeze":
      return { kind, forMs: chance.pick([100, 2_000, 8_000]) };
    case "setClock":
      return { kind, byMs: chance.integer(-100_000, 100_000) };
  }
}
