// Tests that a third party can write a driver: a driver that imports only public entry points
// passes the published conformance suite.

import { assertEquals } from "@std/assert";
import type { Storage } from "@evertask/evertask/storage";
import { FakeClock, storageConformance } from "@evertask/evertask/testing";
import { MapDatabase } from "./database.ts";
import { MapStorage } from "./driver.ts";

const cases = storageConformance({
  name: "a driver over a Map",
  capabilities: ["setRunCount", "setClockBack"],
  async create() {
    const clock = new FakeClock();
    const database = new MapDatabase(clock);
    const opened: Storage[] = [];
    const another = async () => {
      const storage = new MapStorage(database);
      await storage.open();
      opened.push(storage);
      return storage;
    };
    return {
      storage: await another(),
      another,
      passTime: (ms) => clock.advance(ms),
      setClockBack: (ms) => Promise.resolve(clock.setTime(clock.now() - ms)),
      setRunCount(taskId, runCount) {
        database.rows.get(taskId)!.series!.runCount = runCount;
        return Promise.resolve();
      },
      async dispose() {
        for (const storage of opened) await storage.close();
      },
    };
  },
});

for (const { topic, name, missing, run } of cases) {
  Deno.test({
    name: `a driver over a Map: ${topic}: ${name}${missing === null ? "" : ` (needs ${missing})`}`,
    ignore: missing !== null,
    fn: run,
  });
}

const publicEntryPoints = new Set([
  "@evertask/evertask",
  "@evertask/evertask/storage",
  "@evertask/evertask/testing",
]);

/** Returns the imports in a source file that are neither public entry points nor sibling files. */
function privateImports(source: string): string[] {
  const specifiers = source.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g);
  return Array.from(specifiers, ([, specifier]) => specifier!)
    .filter((specifier) => !publicEntryPoints.has(specifier) && !/^\.\/\w+\.ts$/.test(specifier));
}

Deno.test("the driver over a Map imports only public entry points and its own files", async () => {
  for await (const { name } of Deno.readDir("tests/third_party_driver")) {
    if (name === "driver_test.ts") continue;
    const source = await Deno.readTextFile(`tests/third_party_driver/${name}`);
    assertEquals(privateImports(source), [], name);
  }
});

for (
  const specifier of ["../../src/storage/mod.ts", "../support/stub.ts", "node:fs", "postgres"]
) {
  Deno.test(`an import of ${specifier} in a third party's driver is detected`, () => {
    assertEquals(privateImports(`import { x } from "${specifier}";`), [specifier]);
    assertEquals(privateImports(`const x = await import('${specifier}');`), [specifier]);
  });
}
