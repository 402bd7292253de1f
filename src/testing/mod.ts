/**
 * For tests: a clock that stands still, and the conformance suite that certifies a storage driver.
 *
 * @module
 */
export { FakeClock } from "./fake_clock.ts";
export { storageConformance } from "./conformance/suite.ts";
export { ConformanceError } from "./conformance/expect.ts";
export type {
  Capability,
  ConformanceCase,
  StorageHarness,
  StorageUnderTest,
} from "./conformance/harness.ts";
