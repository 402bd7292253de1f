/**
 * For tests. To test an application: {@linkcode runHandler} runs one handler, {@linkcode
 * createTestEverTask} makes an instance whose tasks run on request, {@linkcode assertDispatched}
 * checks dispatched tasks, {@linkcode FakeClock} controls time, and {@linkcode simulate} runs
 * handlers in worlds with faults. To test a storage driver: {@linkcode storageConformance}
 * certifies the driver.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { defineTask } from "@evertask/evertask";
 * import { memoryStorage } from "@evertask/evertask/memory";
 * import { assertDispatched, createTestEverTask } from "@evertask/evertask/testing";
 *
 * const greet = defineTask<{ name: string }>({ type: "greet", handle() {} });
 * await using everTask = createTestEverTask({ storage: memoryStorage(), tasks: [greet] });
 *
 * await everTask.dispatch(greet, { name: "Ada" });
 * await assertDispatched(everTask, greet, { payload: { name: "Ada" } });
 * assertEquals((await everTask.drain()).completed, 1);
 * ```
 *
 * @module
 */
export { FakeClock } from "./fake_clock.ts";
export {
  type HandlerLogLine,
  type HandlerOutcome,
  type HandlerRun,
  runHandler,
} from "./kit/run_handler.ts";
export type { RunHandlerOptions } from "./kit/run_handler_options.ts";
export {
  assertDispatched,
  DispatchAssertionError,
  dispatched,
  type DispatchExpectation,
  type DispatchSource,
  refuteDispatched,
} from "./kit/dispatched.ts";
export type { DispatchMatch } from "./kit/dispatch_match.ts";
export type { PayloadMatch } from "./kit/payload_match.ts";
export type { StoredTask } from "./kit/stored_task.ts";
export { createTestEverTask, TestEverTask } from "./kit/test_ever_task.ts";
export type {
  DrainOptions,
  FailureHandling,
  RunBounds,
  TestEverTaskOptions,
} from "./kit/test_options.ts";
export type { DrainResult, TaskFailure } from "./kit/drain_tally.ts";
export { StalledError, TooManyAttemptsError } from "./kit/run_limits.ts";
export { simulate } from "./simulation/application/simulate.ts";
export type {
  SimulatedApp,
  SimulatedMachine,
  SimulatedOutcome,
  SimulateOptions,
} from "./simulation/application/options.ts";
export type { SimulationSettings } from "./simulation/program.ts";
export { SimulationError } from "./simulation/application/simulation_error.ts";
export { SimulatedOutageError } from "./simulation/simulated_outage_error.ts";
export { storageConformance } from "./conformance/suite.ts";
export { ConformanceError } from "./conformance/expect.ts";
export type {
  Capability,
  ConformanceCase,
  Damage,
  StorageHarness,
  StorageUnderTest,
} from "./conformance/harness.ts";
