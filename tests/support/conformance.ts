// Registers the storage conformance suite with Deno.test.

import { storageConformance, type StorageHarness } from "../../src/testing/mod.ts";

/** One test a case; cases whose capability the harness lacks show as ignored, with its name. */
export function registerConformance(harness: StorageHarness): void {
  for (const { topic, name, missing, run } of storageConformance(harness)) {
    const lack = missing === null ? "" : ` (needs ${missing})`;
    Deno.test({
      name: `${harness.name}: ${topic}: ${name}${lack}`,
      ignore: missing !== null,
      fn: run,
    });
  }
}
