// Draws what operators ask for.

import type { Chance } from "./chance.ts";
import { drawRecurrence } from "./draw_recurrence.ts";
import type { BulkOperation, EditPlan, OperationDeed, TaskOperation } from "./operation.ts";
import type { Play } from "./play.ts";
import type { DispatchStep } from "./scenario.ts";

const queues = ["default", "narrow"] as const;

/**
 * Draws a call for an operator.
 *
 * @param dispatch The dispatch whose task may be meant.
 * @param startsAt The beginning of the world, in epoch milliseconds.
 */
export function drawOperation(
  chance: Chance,
  dispatch: DispatchStep,
  startsAt: number,
): OperationDeed {
  const kind = chance.pick(["operate", "operate", "operate", "operateAll", "operateQueue"]);
  if (kind === "operateQueue") {
    return { kind, queue: chance.pick(queues), paused: chance.happens(0.5) };
  }
  if (kind === "operateAll") {
    const limit = chance.pick([1, 2, 200]);
    return { kind, queue: chance.pick(queues), limit, operation: drawBulk(chance) };
  }
  return {
    kind: "operate",
    number: dispatch.play.number,
    names: chance.pick(["version", "nothing"]),
    operation: drawChange(chance, dispatch, startsAt),
  };
}

function drawBulk(chance: Chance): BulkOperation {
  const verb = chance.pick(["edit", "edit", "retry", "runNow", "cancel", "delete"] as const);
  return verb === "edit" ? { verb, edit: drawEdit(chance) } : { verb };
}

function drawChange(
  chance: Chance,
  { play, recurring }: DispatchStep,
  startsAt: number,
): TaskOperation {
  const isOfSeries = recurring !== null && chance.happens(0.7);
  const verb = isOfSeries
    ? chance.pick(["pauseSeries", "pauseSeries", "resumeSeries", "editSeries", "runNow"] as const)
    : chance.pick(["edit", "edit", "retry", "retry", "runNow", "cancel", "delete"] as const);
  if (verb === "editSeries") return { verb, recurring: drawRecurrence(chance, startsAt) };
  if (verb === "retry") {
    return { verb, payload: chance.happens(0.5) ? drawPayload(chance, play) : null };
  }
  if (verb !== "edit") return { verb };
  const payload = chance.happens(0.5) ? { payload: drawPayload(chance, play) } : {};
  return { verb, edit: { ...drawEdit(chance), ...payload } };
}

/** Draws another payload, with a number of its own. */
function drawPayload(chance: Chance, { number, ...play }: Play): Play {
  return { ...play, number: number + 1_000 * chance.integer(1, 9), acts: ["work", "return"] };
}

function drawEdit(chance: Chance): EditPlan {
  return chance.pick<EditPlan>([
    { priority: chance.integer(-2, 2) },
    { queue: chance.pick(queues) },
    { delayMs: chance.pick([0, 1_000, 6_000]) },
    { queue: chance.pick(queues), priority: chance.integer(-2, 2) },
  ]);
}
