// Minimal scenarios that once exposed a fault of the engine. They prevent regressions even if the
// seeds generate other scenarios.

import type { DispatchStep, Scenario } from "../../../src/testing/simulation/scenario.ts";

/** The values of most dispatches. */
const dispatch = {
  kind: "dispatch",
  type: "plain",
  queue: "default",
  priority: 0,
  level: "ErrorsOnly",
  key: null,
  delayMs: 0,
  retries: 0,
  recurring: null,
  transaction: "none",
} satisfies Omit<DispatchStep, "play">;

/** The values of most worlds. */
const world = {
  startsAt: Date.UTC(2026, 0, 1),
  poisonLimit: 5,
  retention: null,
  weather: { lossRate: 0, slowestMs: 0 },
} satisfies Partial<Scenario>;

/** The scenarios, by the rule that they must satisfy. */
export const mended: Readonly<Record<string, Scenario>> = {
  "a process that was frozen beyond its lease starts nothing until a heartbeat is answered": {
    ...world,
    seed: 2350024400,
    machines: Array(2).fill({ offsetMs: 0, rate: 1, knows: ["plain"] }),
    steps: [
      {
        ...dispatch,
        atMs: 1_000,
        instance: 1,
        play: { number: 6, acts: ["throwOdd"], takesMs: 100 },
        queue: "narrow",
        retries: 2,
      },
      {
        ...dispatch,
        atMs: 1_157,
        instance: 1,
        play: { number: 5, acts: ["work", "return"], takesMs: 1_500 },
        queue: "narrow",
        priority: -1,
      },
      { atMs: 2_555, instance: 1, kind: "freeze", forMs: 8_000 },
      { atMs: 3_369, instance: 0, kind: "resume", queue: "default" },
      { atMs: 8_097, instance: 0, kind: "cancel", number: 6 },
    ],
  },
  "a process that was frozen while waiting for a response plans no series by its old clock reading":
    {
      ...world,
      seed: 11729822,
      machines: [
        { offsetMs: 3_154_564, rate: 1.02, knows: ["timed"] },
        { offsetMs: 951_009, rate: 1, knows: ["timed"] },
      ],
      weather: { lossRate: 0, slowestMs: 500 },
      steps: [
        { atMs: 1_162, instance: 1, kind: "freeze", forMs: 8_000 },
        {
          ...dispatch,
          atMs: 6_123,
          instance: 0,
          type: "timed",
          play: { number: 8, acts: ["work"], takesMs: 9_000 },
          recurring: {
            kind: "interval",
            unit: "seconds",
            every: 6,
            start: { mode: "runDelayed", delayMs: 1_746 },
            runUntil: Date.UTC(2026, 0, 1, 0, 0, 39),
            maxRuns: 1,
          },
        },
        { atMs: 8_671, instance: 0, kind: "stop", timeoutMs: 500 },
      ],
    },
  "a completion by the handler does not overtake the report that its attempt is in progress": {
    ...world,
    seed: 2935442758,
    machines: [{ offsetMs: 0, rate: 1, knows: ["timed"] }],
    weather: { lossRate: 0, slowestMs: 5 },
    steps: [{
      ...dispatch,
      atMs: 2_597,
      instance: 0,
      type: "timed",
      play: { number: 7, acts: ["complete"], takesMs: 100 },
      queue: "narrow",
      priority: -1,
      level: "Minimal",
    }],
  },
};
