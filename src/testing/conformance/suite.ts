// The conformance suite: every guarantee of the storage contract as a named case, for any store and
// any test runner.

import { checkMethods, checkNames, checkText } from "../../guards/argument_checks.ts";
import { capabilities, type ConformanceCase, type StorageHarness } from "./harness.ts";
import { Scene, type Topic } from "./scene.ts";
import { topics } from "./topics.ts";

/**
 * Returns the cases that every store must pass. Each creates its own store, so they may run in any
 * order and concurrently.
 *
 * @param harness Creates stores and advances their time.
 * @throws {InvalidArgumentError} If `harness` is not a harness, or names an unknown capability.
 *
 * @example Certify a driver with Deno's test runner; node:test and vitest are used in the same way
 * ```ts
 * import { MemoryDatabase, memoryStorage } from "@evertask/evertask/memory";
 * import { FakeClock, storageConformance } from "@evertask/evertask/testing";
 *
 * const cases = storageConformance({
 *   name: "memory",
 *   async create() {
 *     const clock = new FakeClock();
 *     const database = new MemoryDatabase({ clock });
 *     const open = async () => {
 *       const storage = memoryStorage({ database });
 *       await storage.open();
 *       return storage;
 *     };
 *     return {
 *       storage: await open(),
 *       another: open,
 *       passTime: (ms) => clock.advance(ms),
 *       dispose: async () => {},
 *     };
 *   },
 * });
 * for (const { topic, name, missing, run } of cases.slice(0, 3)) {
 *   if (missing === null) await run(); // Deno.test(`${topic}: ${name}`, run)
 * }
 * ```
 */
export function storageConformance(harness: StorageHarness): readonly ConformanceCase[] {
  checkMethods(harness, ["create"], "harness", "be a harness, with a name and a method create");
  checkText(harness.name, "harness.name");
  if (harness.capabilities !== undefined) {
    checkNames(harness.capabilities, capabilities, "harness.capabilities");
  }
  return topics.flatMap((topic) => bind(topic, harness));
}

function bind(topic: Topic, harness: StorageHarness): ConformanceCase[] {
  return topic.cases.map(({ name, needs, check }) => ({
    topic: topic.name,
    name,
    missing: needs === null || harness.capabilities?.includes(needs) ? null : needs,
    async run() {
      const unit = await harness.create();
      try {
        await check(new Scene(unit));
      } finally {
        await unit.dispose();
      }
    },
  }));
}
