// Tests the summary that .ci/summarize.ts prints of a report of `deno test`.

import { assertEquals } from "@std/assert";

const root = new URL("../../", import.meta.url);

/** Runs a file of tests, and returns the summary of the run. */
async function summarize(tests: string, env: Record<string, string>) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/some_test.ts`, tests);
    const run = (args: string[]) =>
      new Deno.Command(Deno.execPath(), { args, cwd: root, env: { NO_COLOR: "1", ...env } })
        .output();
    const report = `${folder}/junit.xml`;
    const options = ["--no-check", `--junit-path=${report}`];
    const { code } = await run(["test", ...options, `${folder}/some_test.ts`]);
    const summed = await run(["run", "-A", ".ci/summarize.ts", report, String(code)]);
    const lines = new TextDecoder().decode(summed.stdout).trim().split("\n");
    return { code: summed.code, lines };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const skips = `
  Deno.test("passes", () => {});
  Deno.test({ name: "skipped <&> for no reason", ignore: true, fn() {} });
  Deno.test({ name: "T-SQL (needs EVERTASK_TEST_SQLSERVER=…)", ignore: true, fn() {} });
  Deno.test("has steps", (t) => t.step({ name: "a step", ignore: true, fn() {} }).then(() => {}));
`;
const listed =
  "Skipped 1 tests, /needs EVERTASK_TEST_SQLSERVER/: a T-SQL engine cannot be installed from a package registry.";
const notListed = [
  "Skipped, and may not be: skipped <&> for no reason",
  "Skipped, and may not be: has steps > a step",
];

Deno.test("a run in CI fails when it skipped a test that is not on the list, and names it", async () => {
  assertEquals(await summarize(skips, { CI: "true" }), {
    code: 1,
    lines: [
      listed,
      ...notListed,
      "In CI, a test that may not be skipped counts as failed.",
      "2 passed, 2 failed, 1 skipped",
    ],
  });
});

Deno.test("a run elsewhere names the tests that it skipped, and passes", async () => {
  assertEquals(await summarize(skips, { CI: "" }), {
    code: 0,
    lines: [listed, ...notListed, "2 passed, 0 failed, 3 skipped"],
  });
});

Deno.test("a failed test, a file that cannot be loaded and a run without a test count as failures", async () => {
  const fails = `Deno.test("fails", () => { throw new Error("no"); });`;
  assertEquals((await summarize(fails, {})).lines.at(-1), "0 passed, 1 failed");
  const broken = await summarize(`import "./missing.ts";`, {});
  assertEquals([broken.code, broken.lines.at(-1)], [1, "0 passed, 1 failed"]);
  const none = await summarize("export {};", {});
  assertEquals([none.code, none.lines.at(-1)], [1, "0 passed, 1 failed"]);
});
