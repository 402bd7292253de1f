// Tests that a run of everything runs each test once, that it fails if a test or the type check
// fails, and that the lists of files and folders are up to date.

import { assert, assertEquals } from "@std/assert";
import { testCases } from "../../.ci/junit_report.ts";
import { computing, longest, testEverything } from "./test_everything.ts";

const root = new URL("../../", import.meta.url);

Deno.test("every file that is to start first exists", async () => {
  for (const path of longest) assert((await Deno.stat(new URL(path, root))).isFile, path);
});

Deno.test("every folder of tests that compute exists", async () => {
  for (const path of computing) assert((await Deno.stat(new URL(path, root))).isDirectory, path);
});

/** Writes files in a new project, runs every test, and returns the exit code. */
async function run(files: Record<string, string>, ...args: string[]): Promise<number> {
  const cwd = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${cwd}/tests/room`, { recursive: true });
    await Deno.mkdir(`${cwd}/bench`);
    await Deno.writeTextFile(`${cwd}/deno.json`, `{ "test": { "exclude": ["bench"] } }`);
    for (const [path, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${cwd}/${path}`, text);
    }
    const first = ["tests/first_test.ts"];
    const folders = ["tests/room"];
    return await testEverything({ args, cwd, first, folders, output: "null" });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

const test = (name: string) => `Deno.test("${name}", () => {});`;

const failing = `Deno.test("fails", () => { throw new Error("no"); });`;

const failures: [name: string, path: string, text: string][] = [
  ["a test fails", "tests/some_test.ts", failing],
  ["a test of a group fails", "tests/room/some_test.ts", failing],
  ["a file of a group cannot be loaded", "tests/room/some_test.ts", "throw new Error();"],
  [
    "a file of a group has a wrong type",
    "tests/room/some_test.ts",
    `Deno.test("passes", () => void (1 satisfies string));`,
  ],
];

for (const [name, path, text] of failures) {
  Deno.test(`a run of everything fails if ${name}`, async () => {
    assert(await run({ "tests/first_test.ts": test("first"), [path]: text }) !== 0);
  });
}

Deno.test("a run of everything runs each test and each example once, the first file first", async () => {
  const report = await Deno.makeTempFile();
  try {
    const rooms = Array.from({ length: 20 }, (_, n) => `${n}`);
    const code = await run(
      {
        "tests/first_test.ts": test("first"),
        ...Object.fromEntries(rooms.map((n) => [`tests/room/${n}_test.ts`, test(n)])),
        "tests/other_test.ts": test("other"),
        "bench/excluded_test.ts": test("excluded"),
        "bench/README.md": "```ts\nthrow new Error();\n```\n",
        "GUIDE.md": "```ts\n1;\n```\n",
        "example.ts": "/**\n * ```ts\n * 1;\n * ```\n */\nexport const one = 1;\n",
      },
      ...["--doc", `--junit-path=${report}`],
    );
    assertEquals(code, 0);
    const names = [...testCases(await Deno.readTextFile(report))].map(({ name }) => name);
    const isExample = (name: string) => /(?:example\.ts|GUIDE\.md)#\d/.test(name);
    assertEquals(names[0], "first");
    assertEquals(names.filter(isExample).length, 2);
    assertEquals(
      names.filter((name) => !isExample(name)).sort(),
      ["first", "other", ...rooms].sort(),
    );
  } finally {
    await Deno.remove(report);
  }
});
