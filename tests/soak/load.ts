// The load of a soak: tasks as in production, at a steady rate. All of them end as completed or
// cancelled, because retention keeps failed ones.

import { auditLevels } from "../../mod.ts";
import type { Recurrence } from "../../src/schedule/recurrence.ts";
import { Chance } from "../../src/testing/simulation/chance.ts";
import type { Act } from "../../src/testing/simulation/play.ts";
import type { AskDeed, DispatchStep } from "../../src/testing/simulation/scenario.ts";

/** The schedules of the series, which run all the time. */
const schedules: readonly Recurrence[] = [
  { kind: "interval", unit: "seconds", every: 2, misfire: "skip", start: { mode: "schedule" } },
  { kind: "cron", expression: "*/5 * * * * *", misfire: "once", start: { mode: "schedule" } },
  { kind: "interval", unit: "seconds", every: 7, misfire: { all: 3 }, start: { mode: "runNow" } },
];

/** What handlers do, attempt by attempt. */
const plays: readonly (readonly Act[])[] = [
  ["return"],
  ["return"],
  ["work"],
  ["work"],
  ["dispatch"],
  ["throw", "return"],
  ["throwOdd", "work"],
];

/** Draws steps from a seed. */
export class Load {
  readonly #chance: Chance;
  #count = 0;

  constructor(seed: number) {
    this.#chance = new Chance(seed);
  }

  /** The dispatches of the series. */
  series(): AskDeed[] {
    return schedules.map((recurring, i) =>
      this.#step({ recurring, key: `series ${i + 1}`, delayMs: 0 })
    );
  }

  /** The next dispatch. About one in thirty is delayed, and cancelled at once. */
  next(): AskDeed[] {
    const step = this.#step({});
    const { number } = step.play;
    const cancel: AskDeed = { kind: "cancel", number };
    return this.#chance.happens(1 / 30) ? [{ ...step, delayMs: 4_000 }, cancel] : [step];
  }

  #step(given: Partial<DispatchStep>): DispatchStep {
    const chance = this.#chance;
    return {
      kind: "dispatch",
      type: chance.pick(["plain", "plain", "plain", "plain", "timed", "timed", "timed", "limited"]),
      play: {
        number: ++this.#count,
        acts: chance.pick(plays),
        takesMs: chance.pick([1, 10, 10, 100]),
      },
      queue: chance.pick(["default", "default", "default", "narrow"]),
      priority: chance.integer(-1, 1),
      level: chance.pick(auditLevels),
      key: chance.happens(0.05) ? chance.pick(["a", "b", "c"]) : null,
      delayMs: chance.pick([0, 0, 0, 0, 50, 4_000]),
      retries: 50,
      recurring: null,
      transaction: "none",
      ...given,
    };
  }
}
