// Rate limits: the arithmetic of slots, the gate, and slots that are given back.

import type { Mutant } from "../mutant.ts";

const gcra = "src/storage/kit/gcra.ts";
const gcraTests = ["tests/storage/kit/gcra_test.ts", "tests/rate_limit/take_slot_test.ts"];
const returnedSlots = "src/storage/kit/returned_slots.ts";
const returnedSlotsTests = ["tests/storage/kit/returned_slots_test.ts"];
const rateGate = "src/worker/rate_gate.ts";
const rateGateTests = ["tests/worker/rate_gate_test.ts"];
const rateLimitsModule = "src/rate_limit/rate_limits.ts";
const rateLimitsModuleTests = ["tests/rate_limit/rate_limits_test.ts"];
const starter = "src/worker/starter.ts";
const rateLimiter = "src/worker/rate_limiter.ts";
const rateLimiterTests = ["tests/rate_limit/rate_limiting_test.ts"];
const deferralEvents = "src/rate_limit/deferral_events.ts";
const deferralEventsTests = ["tests/rate_limit/deferral_events_test.ts"];
const rateLimitOptions = "src/task/rate_limit_options.ts";
const rateLimitOptionsTests = ["tests/storage/kit/gcra_test.ts"];

export const rateLimits: readonly Mutant[] = [
  {
    file: gcra,
    original: "(inTime ? leewayMs : 0)",
    replacement: "leewayMs",
    tests: gcraTests,
  },
  {
    file: gcra,
    original: "Math.max(now + wish.startWithinMs, startedTat)",
    replacement: "Math.max(now, startedTat)",
    tests: gcraTests,
  },
  {
    file: gcra,
    original: "startedTat: slotAt === now ? afterStart : startedTat",
    replacement: "startedTat",
    tests: gcraTests,
  },
  {
    file: gcra,
    original: "Math.max(now, slotOf(earliestTat) - 1)",
    replacement: "now",
    tests: gcraTests,
  },
  {
    file: gcra,
    original: "if (slotAt > latest) return",
    replacement: "if (slotAt >= latest) return",
    tests: gcraTests,
  },
  {
    file: gcra,
    original: "wish.startEmpty ? now + toleranceMs : now",
    replacement: "now",
    tests: gcraTests,
  },
  {
    file: gcra,
    original: "Math.min(slotAt, latest)",
    replacement: "slotAt",
    tests: gcraTests,
  },
  {
    file: returnedSlots,
    original: "before - last > intervalMs + 1",
    replacement: "before - last > intervalMs",
    tests: returnedSlotsTests,
  },
  {
    file: returnedSlots,
    original: "findIndex((slot) => slot > after);\n    const found",
    replacement: "findIndex((slot) => slot >= after);\n    const found",
    tests: returnedSlotsTests,
  },
  {
    file: returnedSlots,
    original: "if (this.#slots[place] !== slotAt) this.#slots",
    replacement: "this.#slots",
    tests: returnedSlotsTests,
  },
  {
    file: returnedSlots,
    original: "isWithin ? place + 1 : place",
    replacement: "place + 1",
    tests: returnedSlotsTests,
  },
  {
    file: rateGate,
    original: "reservedAt === null ? limit.horizonMs : Number.MAX_SAFE_INTEGER",
    replacement: "limit.horizonMs",
    tests: rateGateTests,
  },
  {
    file: rateGate,
    original: "job.rate.isExempt || task.cancelRequested",
    replacement: "task.cancelRequested",
    tests: rateGateTests,
  },
  {
    file: rateGate,
    original: `job.rate.exempt();
      return go;`,
    replacement: `return { kind: "wait", slotAt: 0, waitMs: 1 };`,
    tests: rateGateTests,
  },
  {
    file: rateLimitsModule,
    original: `value !== "" && value.length <= longestKey`,
    replacement: `value !== "" && value.length < longestKey`,
    tests: rateLimitsModuleTests,
  },
  {
    file: rateLimitsModule,
    original: "this.#sources[scope].take({ ...wish, key: budgetName(type, key) })",
    replacement: "this.#sources[scope].take({ ...wish, key: type + key })",
    tests: rateLimitsModuleTests,
  },
  {
    file: rateLimitsModule,
    original: "if (task.rateSlotAt === null) return;",
    replacement: "",
    tests: ["tests/rate_limit/given_back_test.ts"],
  },
  {
    file: starter,
    original: "if (goes) runner.push(job); // after a stop, the job is given back",
    replacement: "if (goes) return;",
    tests: rateLimiterTests,
    filter: "while the worker stops",
  },
  {
    file: starter,
    original: "runner.freeSlot();",
    replacement: "",
    tests: rateLimiterTests,
    filter: "gives its slot to others",
  },
  {
    file: rateLimiter,
    original: "this.#events.deferred(job.task.type, job.task.queue);",
    replacement: "",
    tests: ["tests/rate_limit/over_the_limit_test.ts"],
  },
  {
    file: rateLimiter,
    original: `if (verdict?.kind !== "wait" || verdict`,
    replacement: `if (true as boolean || verdict?.kind !== "wait" || verdict`,
    tests: ["tests/rate_limit/given_back_test.ts"],
    filter: "while it asks for a slot",
  },
  {
    file: rateLimiter,
    original: `recorder.skipLimited(job, true);
      void this.#gate.giveBack(job, verdict.slotAt);`,
    replacement: "recorder.skipLimited(job, true);",
    tests: ["tests/rate_limit/run_until_test.ts"],
  },
  {
    file: rateLimiter,
    original: `if (job.task.series === null) executor.refuse(job, error);
    else recorder.skipLimited(job, false);`,
    replacement: "executor.refuse(job, error);",
    tests: ["tests/rate_limit/over_the_limit_test.ts"],
  },
  {
    file: rateLimiter,
    original: "else void giveBack.jobs([job]);",
    replacement: "",
    tests: ["tests/rate_limit/over_the_limit_test.ts"],
  },
  {
    file: deferralEvents,
    original: "if (count === 0) return;",
    replacement: "",
    tests: deferralEventsTests,
  },
  {
    file: deferralEvents,
    original: `disarm();
      if (count > 0) this.#emit(type, queue, count);`,
    replacement: "disarm();",
    tests: deferralEventsTests,
  },
  {
    file: deferralEvents,
    original: `this.#emit(type, queue, count);
      this.#arm(type, queue);`,
    replacement: "this.#emit(type, queue, count);",
    tests: deferralEventsTests,
  },
  {
    file: deferralEvents,
    original: `disarm();
      if`,
    replacement: "if",
    tests: deferralEventsTests,
  },
  {
    file: rateLimitOptions,
    original: `overflow === "Discard" ? 0 : horizonMs`,
    replacement: "horizonMs",
    tests: ["tests/rate_limit/over_the_limit_test.ts"],
  },
  {
    file: rateLimitOptions,
    original: "Math.min(40, Math.max(periodMs / 25, 4))",
    replacement: "0",
    tests: rateLimitOptionsTests,
  },
  {
    file: rateLimitOptions,
    original: "graceMs: spareMs / 2 - 1",
    replacement: "graceMs: spareMs",
    tests: rateLimitOptionsTests,
  },
];
