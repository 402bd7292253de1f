// Draws a scenario from a seed.

import { auditLevels } from "../../audit/audit_level.ts";
import { Chance } from "./chance.ts";
import { worstRate } from "../checker/end_rules.ts";
import { drawOperation } from "./draw_operation.ts";
import { drawRecurrence } from "./draw_recurrence.ts";
import { calmAtMs } from "./plan.ts";
import type { Act } from "./play.ts";
import {
  type Deed,
  type DispatchStep,
  type MachinePlan,
  type Scenario,
  type Step,
  taskTypes,
} from "./scenario.ts";

/**
 * The possible starts of a world: the new year, ten seconds before the clocks of Europe are set
 * forward, and ten seconds before they are set back.
 */
const beginnings = [
  Date.UTC(2026, 0, 1),
  Date.UTC(2026, 2, 29, 0, 59, 50),
  Date.UTC(2026, 9, 25, 0, 59, 50),
];

/** Draws a scenario from the lowest 32 bits of a seed. */
export function drawScenario(seed: number): Scenario {
  const chance = new Chance(seed);
  const startsAt = chance.pick(beginnings);
  const machines = Array.from({ length: chance.integer(1, 3) }, () => drawMachine(chance));
  const weather = {
    lossRate: chance.pick([0, 0, 0.02, 0.15]),
    slowestMs: chance.pick([0, 5, 50, 500]),
  };
  const isRush = chance.happens(0.15);
  const dispatches = Array.from({ length: chance.integer(1, 12) }, (_, i) => {
    const step = drawStep(chance, machines.length, drawDispatch(chance, i + 1, startsAt));
    return isRush ? rushed(step) : step;
  });
  const others = Array.from(
    { length: chance.integer(0, 12) },
    () => drawDeed(chance, machines.length, chance.pick(dispatches), startsAt),
  );
  const steps: Step[] = [...dispatches, ...others].sort((a, b) => a.atMs - b.atMs);
  return {
    seed: chance.seed(),
    startsAt,
    machines,
    poisonLimit: chance.pick([0, 1, 5]),
    retention: chance.happens(0.3) ? { deletesTasks: chance.happens(0.7) } : null,
    weather,
    steps,
  };
}

function drawMachine(chance: Chance): MachinePlan {
  return {
    knows: taskTypes.filter(() => chance.happens(0.9)),
    offsetMs: chance.pick([0, 0, chance.integer(-3_600_000, 3_600_000)]),
    rate: chance.pick([1, 1, 1 - worstRate, 1 + worstRate]),
  };
}

/** The latest time of a step that does not follow a dispatch, in milliseconds from the start. */
const lastStepAt = calmAtMs * 0.75;

function drawStep<D extends Deed>(chance: Chance, machines: number, deed: D) {
  return {
    atMs: chance.integer(0, lastStepAt),
    instance: chance.integer(0, machines - 1),
    ...deed,
  };
}

/** Changes a dispatch for a world in which many tasks of one rate limit come almost at once. */
function rushed(step: Step & DispatchStep): Step & DispatchStep {
  return { ...step, atMs: Math.floor(step.atMs / 8), type: "limited", key: null, recurring: null };
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
  "complete",
  "rollBack",
];

function drawDispatch(chance: Chance, number: number, startsAt: number): DispatchStep {
  const recurring = chance.happens(0.2) ? drawRecurrence(chance, startsAt) : null;
  return {
    kind: "dispatch",
    type: chance.pick(["plain", "plain", "plain", "timed", "timed", "limited", "discarded"]),
    play: {
      number,
      acts: Array.from({ length: chance.integer(1, 3) }, () => chance.pick(ofAttempt)),
      takesMs: chance.pick([1, 100, 1_500, 9_000]),
    },
    queue: chance.pick(["default", "narrow"] as const),
    priority: chance.integer(-1, 1),
    level: chance.pick(auditLevels),
    key: chance.pick([null, null, "a", "b"]),
    delayMs: recurring === null ? chance.pick([0, 0, 0, 50, 4_000]) : 0,
    retries: chance.integer(0, 3),
    recurring,
    transaction: chance.pick(["none", "none", "none", "none", "commits", "rolls back"]),
  };
}

/** Draws something that is done at any time, or soon after a dispatch and often where that was. */
function drawDeed(
  chance: Chance,
  machines: number,
  dispatch: Step & DispatchStep,
  startsAt: number,
): Step {
  const deed = chance.happens(0.3)
    ? drawOperation(chance, dispatch, startsAt)
    : drawOther(chance, dispatch.play.number);
  const step = drawStep(chance, machines, deed);
  if (chance.happens(0.4)) return step;
  const instance = chance.happens(0.6) ? dispatch.instance : step.instance;
  return { ...step, instance, atMs: dispatch.atMs + chance.integer(0, 3_000) };
}

/** @param number The number of the dispatch whose task is cancelled or gets an extra run. */
function drawOther(chance: Chance, number: number): Deed {
  const kind = chance.pick(
    [
      "cancel",
      "cancel",
      "runNow",
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
    case "runNow":
      return { kind, number };
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
