// Tests that a run of everything fails if a test or the type check fails, and that the list of
// files is up to date.

import { assert, assertEquals } from "@std/assert";
import { longest, testEverything } from "./test_everything.ts";

const root = new URL("../../", import.meta.url);

Deno.test("every file that is to start first exists", async () => {
  for (const path of longest) assert((await Deno.stat(new URL(path, root))).isFile, path);
});

const outcomes: [test: string, isFine: boolean][] = [
  [`Deno.test("passes", () => {});`, true],
  [`Deno.test("fails", () => { throw new Error("no"); });`, false],
  [`Deno.test("passes, with a wrong type", () => void (1 satisfies string));`, false],
];

for (const [test, isFine] of outcomes) {
  Deno.test(`a run of everything ${isFine ? "succeeds" : "fails"} for ${test}`, async () => {
    const cwd = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${cwd}/some_test.ts`, test);
      const first = ["some_test.ts"];
      const code = await testEverything({ args: [], cwd, first, output: "null" });
      assertEquals(code === 0, isFine);
    } finally {
      await Deno.remove(cwd, { recursive: true });
    }
  });
}
