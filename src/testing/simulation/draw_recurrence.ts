// Draws the schedule of a series: one that has a few occurrences within a simulated world.

import type { MisfirePolicy, Recurrence, RecurrenceStart } from "../../schedule/recurrence.ts";
import type { Chance } from "./chance.ts";
import { calmAtMs } from "./plan.ts";

const zones = ["UTC", "Europe/Rome", "America/New_York", "Australia/Lord_Howe"];

/**
 * Draws a schedule.
 *
 * @param startsAt The beginning of the world, in epoch milliseconds.
 */
export function drawRecurrence(chance: Chance, startsAt: number): Recurrence {
  const timeZone = chance.pick(zones);
  const misfire = chance.pick<MisfirePolicy>(["skip", "once", { all: 2 }, { all: 100 }]);
  const limits = {
    runUntil: startsAt + chance.integer(calmAtMs / 2, 2 * calmAtMs),
    ...(chance.happens(0.5) ? { maxRuns: chance.integer(1, 5) } : {}),
  };
  const common = { timeZone, misfire, start: drawStart(chance, startsAt), ...limits };
  switch (chance.pick(["seconds", "seconds", "cron", "cron", "days"])) {
    case "seconds":
      return { kind: "interval", unit: "seconds", every: chance.integer(1, 6), ...common };
    case "cron":
      return { kind: "cron", expression: `*/${chance.pick([2, 3, 5, 7])} * * * * *`, ...common };
    default:
      return { kind: "calendar", unit: "days", every: 1, times: drawTimes(chance), ...common };
  }
}

function drawStart(chance: Chance, startsAt: number): RecurrenceStart {
  return chance.pick<RecurrenceStart>([
    { mode: "schedule" },
    { mode: "runNow" },
    { mode: "runDelayed", delayMs: chance.integer(0, 5_000) },
    { mode: "runAt", at: startsAt + chance.integer(0, calmAtMs) },
  ]);
}

/** Draws times of day around the beginnings of the worlds, in any of the zones. */
function drawTimes(chance: Chance): string[] {
  const hours = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0"));
  const [first, second] = [chance.integer(0, 20), chance.integer(0, 20)];
  return hours.flatMap((hour) => [
    `${hour}:00:${String(first).padStart(2, "0")}`,
    `${hour}:30:${String(second).padStart(2, "0")}`,
    `${hour}:59:55`,
  ]);
}
