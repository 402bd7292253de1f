// Registers the storage conformance suite with Deno.test.

import { storageConformance, type StorageHarness } from "../../src/testing/mod.ts";

/**
 * Registers one test for each case. Cases that need a missing capability are ignored, and their
 * names state it.
 */
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
