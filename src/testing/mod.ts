/**
 * For tests: a clock that stands still, helpers to run handlers and to look at what was dispatched, and the conformance suite
 * that certifies a storage driver.
 *
 * @module
 */
export { FakeClock } from "./fake_clock.ts";
export { inlineDispatch, runTask, type TaskRun } from "./run_task.ts";
export {
  assertDispatched,
  assertNotDispatched,
  DispatchAssertionError,
  type DispatchMatch,
  drain,
  type DrainOptions,
  type Inspectable,
} from "./dispatched.ts";
export { storageConformance } from "./conformance/suite.ts";
export { ConformanceError } from "./conformance/expect.ts";
export type {
  Capability,
  ConformanceCase,
  StorageHarness,
  StorageUnderTest,
} from "./conformance/harness.ts";
