// Tests that a run of everything runs each test once, that it fails if a test or the type check
// fails, and that the list of files is up to date.

import { assert, assertEquals } from "@std/assert";
import { testCases } from "../../.ci/junit_report.ts";
import { longest, testEverything } from "./test_everything.ts";

const root = new URL("../../", import.meta.url);

Deno.test("every file that is to start first exists", async () => {
  for (const path of longest) assert((await Deno.stat(new URL(path, root))).isFile, path);
});

/** Writes files in a new project, runs every test, and returns the exit code. */
async function run(files: Record<string, string>, ...args: string[]): Promise<number> {
  const cwd = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${cwd}/tests/room`, { recursive: true });
    for (const [path, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${cwd}/${path}`, text);
    }
    const first = ["tests/first_test.ts"];
    return await testEverything({ args, cwd, first, output: "null" });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

const test = (name: string) => `Deno.test("${name}", () => {});`;

const outcomes: [test: string, isFine: boolean][] = [
  [test("passes"), true],
  [`Deno.test("fails", () => { throw new Error("no"); });`, false],
  [`Deno.test("passes, with a wrong type", () => void (1 satisfies string));`, false],
  [`throw new Error("cannot be loaded");`, false],
];

for (const [text, isFine] of outcomes) {
  Deno.test(`a run of everything ${isFine ? "succeeds" : "fails"} for ${text}`, async () => {
    const files = { "tests/first_test.ts": test("first"), "tests/some_test.ts": text };
    assertEquals(await run(files) === 0, isFine);
  });
}

Deno.test("a run of everything runs each test and each example once", async () => {
  const report = await Deno.makeTempFile();
  try {
    const rooms = Array.from({ length: 20 }, (_, n) => `${n}`);
    const code = await run(
      {
        "tests/first_test.ts": test("first"),
        ...Object.fromEntries(rooms.map((n) => [`tests/room/${n}_test.ts`, test(n)])),
        "deno.json": `{ "test": { "exclude": ["bench"] } }`,
        "example.ts": "/**\n * ```ts\n * 1;\n * ```\n */\nexport const one = 1;\n",
      },
      ...["--doc", `--junit-path=${report}`],
    );
    assertEquals(code, 0);
    const names = [...testCases(await Deno.readTextFile(report))].map(({ name }) => name);
    const isExample = (name: string) => name.endsWith("example.ts#2-5.ts");
    assertEquals(names.filter(isExample).length, 1);
    assertEquals(names.filter((name) => !isExample(name)).sort(), ["first", ...rooms].sort());
  } finally {
    await Deno.remove(report);
  }
});
