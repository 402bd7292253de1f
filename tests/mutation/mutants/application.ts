// Calls to objects of the application: clock, logger, instrumentation, randomness, context.

import type { Mutant } from "../mutant.ts";

const calls = "src/guards/calls.ts";
const callsTests = ["tests/guards/calls_test.ts"];
const guardedClock = "src/time/guarded_clock.ts";
const guardedClockTests = ["tests/time/guarded_clock_test.ts"];
const guardedInstrumentation = "src/instrumentation/guarded_instrumentation.ts";
const guardedInstrumentationTests = ["tests/instrumentation/guarded_instrumentation_test.ts"];
const guardedLogger = "src/log/guarded_logger.ts";
const guardedLoggerTests = ["tests/log/guarded_logger_test.ts"];
const guardedRandom = "src/ids/guarded_random.ts";
const guardedRandomTests = ["tests/ids/guarded_random_test.ts"];
const homeContext = "src/time/home_context.ts";
const homeContextTests = ["tests/time/home_context_test.ts"];

export const application: readonly Mutant[] = [
  {
    file: calls,
    original: "if (isPromiseLike(result)) Promise.resolve(result).catch(onFault);",
    replacement: "",
    tests: callsTests,
    filter: "rejection goes to",
  },
  {
    file: calls,
    original: "Promise.resolve(answer).catch(() => {});",
    replacement: "",
    tests: callsTests,
  },
  {
    file: calls,
    original: "called = true;",
    replacement: "",
    tests: callsTests,
  },
  {
    file: guardedClock,
    original: "return last + (at - lastAt);",
    replacement: "return last;",
    tests: guardedClockTests,
  },
  {
    file: guardedClock,
    original: "return systemClock.setTimer(callOnce, delayMs, options);",
    replacement: "return () => {};",
    tests: guardedClockTests,
  },
  {
    file: guardedClock,
    original: `typeof reading === "number" && Number.isFinite(reading)`,
    replacement: `typeof reading === "number"`,
    tests: guardedClockTests,
  },
  {
    file: guardedClock,
    original: "const callOnce = onlyOnce(callback);",
    replacement: "const callOnce = callback;",
    tests: guardedClockTests,
  },
  {
    file: guardedInstrumentation,
    original: "if (result === undefined) {",
    replacement: "if (true as boolean) {",
    tests: guardedInstrumentationTests,
  },
  {
    file: guardedInstrumentation,
    original: `} finally {
      begin();`,
    replacement: "} finally {",
    tests: guardedInstrumentationTests,
  },
  {
    file: guardedInstrumentation,
    original: "context ?? traceContext",
    replacement: "traceContext",
    tests: guardedInstrumentationTests,
  },
  {
    file: guardedInstrumentation,
    original: "if (!await failsWith(result, error)) onFault(error);",
    replacement: "onFault(error);",
    tests: guardedInstrumentationTests,
  },
  {
    file: guardedLogger,
    original: "onlyOnce((error: unknown) => {",
    replacement: "((error: unknown) => {",
    tests: guardedLoggerTests,
  },
  {
    file: guardedRandom,
    original: "systemRandom(bytes);",
    replacement: "",
    tests: guardedRandomTests,
  },
  {
    file: guardedRandom,
    original: `typeof id === "string" && id !== ""`,
    replacement: `typeof id === "string"`,
    tests: guardedRandomTests,
  },
  {
    file: homeContext,
    original: `isSet = false;
          cancel();`,
    replacement: "cancel();",
    tests: homeContextTests,
  },
  {
    file: homeContext,
    original: "this.#calls.reverse()",
    replacement: "this.#calls",
    tests: homeContextTests,
  },
  {
    file: homeContext,
    original: "if (this.#next.length > 0 || this.#calls.length > 0) this.#wake();",
    replacement: "if (this.#calls.length > 0) this.#wake();",
    tests: homeContextTests,
  },
];
