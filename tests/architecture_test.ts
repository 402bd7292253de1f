// Checks the architecture: allowed imports, the sources of time and randomness, the top level, and
// the length of files.

import { assertEquals } from "@std/assert";
import { architecture, floors } from "./support/architecture_rules.ts";
import { findCircles, foldersOf, type ImportGraph, importsOf } from "./support/import_circles.ts";

const root = new URL("../", import.meta.url);

const topLevel = [
  "CHANGELOG.md",
  "LICENSE",
  "README.md",
  "bench",
  "deno.json",
  "drivers",
  "examples",
  "mod.ts",
  "sql",
  "src",
  "tests",
];

const longestFile = 400;

/** Ignored files of a checkout (see .gitignore), at any depth. */
const ignored = /^\.|^(node_modules|coverage|junit\.xml)$|\.(db|db-shm|db-wal|tgz)$/;

/** Every file of the project; paths from the root. */
async function listFiles(folder = ""): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(`./${folder}`, root))) {
    if (ignored.test(name)) continue;
    if (isDirectory) files.push(...await listFiles(`${folder}${name}/`));
    else files.push(`${folder}${name}`);
  }
  return files;
}

function messages(path: string, source: string): string[] {
  return Deno.lint.runPlugin(architecture, path, source).map(({ message, range }) => {
    const line = source.slice(0, range[0]).split("\n").length;
    return `${path}:${line}: ${message}`;
  });
}

Deno.test("every file follows the rules of the architecture", async () => {
  const found: string[] = [];
  for (const path of await listFiles()) {
    if (!path.endsWith(".ts")) continue;
    found.push(...messages(path, await Deno.readTextFile(new URL(path, root))));
  }
  assertEquals(found, []);
});

/** Reads which files of src/, drivers/ and bench/ import each other. */
async function readImports(): Promise<ImportGraph> {
  const graph = new Map<string, string[]>();
  for (const path of await listFiles()) {
    if (!/^(src|drivers|bench)\/.*\.ts$/.test(path)) continue;
    graph.set(path, importsOf(path, await Deno.readTextFile(new URL(path, root))));
  }
  return graph;
}

/** The folder of src/ that is a layer, such as `worker`. */
function floorOf(path: string): string {
  return path.split("/")[1]!;
}

/**
 * Folders whose subfolders may import each other: those of the worker run a task together, and the
 * cases of the conformance suite import the scene that lists them.
 */
const oneRoom = ["src/worker", "src/testing/conformance"];

/**
 * Returns the folder of a file. An entry point counts as a separate folder, because it exports from
 * subfolders that may import the files beside it.
 */
function folderOf(path: string): string {
  if (path.endsWith("/mod.ts")) return path;
  const folder = path.slice(0, path.lastIndexOf("/"));
  return oneRoom.find((room) => folder.startsWith(`${room}/`)) ?? folder;
}

Deno.test("no files import each other in a circle", async () => {
  assertEquals(findCircles(await readImports()), []);
});

Deno.test("no folders import each other in a circle", async () => {
  assertEquals(findCircles(foldersOf(await readImports(), folderOf)), []);
});

Deno.test("each folder of src/ is a layer, and imports only layers below it", async () => {
  const files = (await listFiles("src/")).filter((path) => path.endsWith(".ts"));
  const folders = new Set(files.map(floorOf));
  const order = Object.keys(floors);
  assertEquals([...folders].sort(), [...order].sort());
  for (const [at, folder] of order.entries()) {
    assertEquals(
      floors[folder]!.filter((other) => !order.slice(0, at).includes(other)),
      [],
      folder,
    );
  }
});

Deno.test("the guide to src/ lists the layers", async () => {
  const guide = await Deno.readTextFile(new URL("src/README.md", root));
  const rows = [...guide.matchAll(/^\| `(\w+)` +\|[^|]*\|([^|]*)\|$/gm)];
  const shown = rows.map(([, folder, others]) => [folder!, others!.match(/\w+(?=`)/g) ?? []]);
  const foundation = Object.keys(floors).slice(0, 4);
  const expected = Object.entries(floors).map(([folder, others]) =>
    foundation.includes(folder)
      ? [folder, others]
      : [folder, others.filter((other) => !foundation.includes(other))]
  );
  assertEquals(shown.reverse(), expected);
});

Deno.test("a circle of folders is found, also where no files are in a circle", () => {
  const graph = new Map([
    ["src/a/one.ts", importsOf("src/a/one.ts", `import { one } from "../b/one.ts";`)],
    ["src/b/one.ts", []],
    ["src/b/two.ts", importsOf("src/b/two.ts", `import type { T } from "../a/t.ts";`)],
    ["src/a/t.ts", []],
    ["src/c/c.ts", importsOf("src/c/c.ts", `import { one } from "../a/one.ts";`)],
  ]);
  assertEquals(findCircles(graph), []);
  assertEquals(findCircles(foldersOf(graph, folderOf)), [["src/a", "src/b"]]);
});

Deno.test("a circle of files is found for any kind of import", () => {
  const closing = [
    `import { a } from "../a/a.ts";`,
    `import type { A } from "../a/a.ts";`,
    `import {\n  type A, // the file's only type\n} from "../a/a.ts";`,
    `import "../a/a.ts";`,
    `export * from "../a/a.ts";`,
    `export type { A } from "../a/a.ts";`,
    `let a: import("../a/a.ts").A;`,
    `const { a } = await import("../a/a.ts");`,
  ];
  for (const source of closing) {
    const graph = new Map([
      ["src/a/a.ts", importsOf("src/a/a.ts", `import { b } from "../b/b.ts";`)],
      ["src/b/b.ts", importsOf("src/b/b.ts", source)],
      ["src/c.ts", importsOf("src/c.ts", `import { a } from "./a/a.ts";`)],
    ]);
    assertEquals(findCircles(graph), [["src/a/a.ts", "src/b/b.ts"]], source);
  }
  const harmless = [`// import "../a/a.ts";`, `/* import "../a/a.ts"; */`, `import "@std/assert";`];
  for (const source of harmless) assertEquals(importsOf("src/b/b.ts", source), [], source);
});

Deno.test("the top level has no new entries", async () => {
  const found = new Set((await listFiles()).map((path) => path.split("/")[0]!));
  const unexpected = [...found].filter((name) => !topLevel.includes(name));
  assertEquals(unexpected, []);
});

Deno.test(`no file that people write is longer than ${longestFile} lines`, async () => {
  const tooLong: string[] = [];
  for (const path of await listFiles()) {
    if (!/\.(ts|mjs|sql|css|html)$/.test(path) || path.includes(".generated.")) continue;
    const lines = (await Deno.readTextFile(new URL(path, root))).split("\n").length - 1;
    if (lines > longestFile) tooLong.push(`${path}: ${lines}`);
  }
  assertEquals(tooLong, []);
});

// Examples that the rules reject or accept, to detect a rule that finds nothing.
const refused: [path: string, source: string][] = [
  ["src/worker/b.ts", `import { x } from "../../drivers/memory/mod.ts";`],
  ["src/worker/b.ts", `import type { x } from "../../sql/embed.ts";`],
  ["src/worker/b.ts", `export * from "node:fs";`],
  ["src/worker/b.ts", `export { default as x } from "postgres";`],
  ["src/worker/b.ts", `await import("npm:postgres@3");`],
  ["src/worker/b.ts", `let x: import("mssql").Pool;`],
  ["src/worker/b.ts", `import { createEverTask } from "../application/ever_task.ts";`],
  ["src/worker/b.ts", `Deno.readTextFile("x");`],
  ["src/worker/b.ts", `globalThis.process;`],
  ["src/worker/b.ts", `const type: typeof Deno = undefined;`],
  ["src/worker/b.ts", `const now = Date.now();`],
  ["src/worker/b.ts", `const now = new Date();`],
  ["src/worker/b.ts", `setTimeout(() => {}, 1);`],
  ["src/worker/b.ts", `import { Cron } from "croner";`],
  ["src/time/clock.ts", `Math.random();`],
  ["src/worker/b.ts", `import { Queues } from "../application/queues.ts";`],
  ["src/dispatch/b.ts", `import type { Worker } from "../worker/worker.ts";`],
  ["src/log/b.ts", `export type { Clock } from "../time/clock.ts";`],
  ["src/monitor/otel/b.ts", `let x: import("../../worker/job.ts").Job;`],
  ["src/monitor/hub/b.ts", `import { trace } from "@opentelemetry/api";`],
  ["src/new_folder/b.ts", `import { x } from "../thrown/reading.ts";`],
  ["src/new_file.ts", `import { x } from "./thrown/reading.ts";`],
  ["drivers/memory/mod.ts", `import { x } from "../sqlite/mod.ts";`],
  ["drivers/memory/mod.ts", `import { x } from "../../src/worker/worker.ts";`],
  ["drivers/memory/mod.ts", `const now = performance.now();`],
  ["drivers/sqlite/mod.ts", `import postgres from "postgres";`],
  ["mod.ts", `export * from "./drivers/memory/mod.ts";`],
  ["tests/a_test.ts", `import { createEverTask } from "../src/application/ever_task.ts";`],
  ["examples/a.ts", `import { createEverTask } from "../mod.ts";`],
];

const accepted: [path: string, source: string][] = [
  ["src/worker/b.ts", `import { x } from "../time/clock.ts";`],
  ["src/worker/lease/b.ts", `import type { Job } from "../job.ts";`],
  ["src/monitor/otel/b.ts", `import { trace } from "@opentelemetry/api";`],
  [
    "src/worker/b.ts",
    `export const x = "from 'node:fs'"; // import { y } from "node:fs"; Deno.exit()`,
  ],
  ["src/worker/b.ts", `const x = { process: 1 }; x.process; options.Deno;`],
  ["src/worker/b.ts", `const then = new Date(0);`],
  ["src/testing/kit/b.ts", `import { EverTask } from "../../application/ever_task.ts";`],
  ["src/time/clock.ts", `Date.now(); setTimeout(() => {}, 1);`],
  ["src/ids/uuid.ts", `crypto.getRandomValues(bytes);`],
  ["drivers/sqlite/mod.ts", `import { DatabaseSync } from "node:sqlite";`],
  ["drivers/postgres/mod.ts", `import type { Storage } from "../../src/storage/storage.ts";`],
  ["mod.ts", `export { createEverTask } from "./src/application/ever_task.ts";`],
  ["examples/a.ts", `import { sqliteStorage } from "@evertask/evertask/sqlite";`],
  ["tests/a_test.ts", `Date.now(); Deno.exit();`],
];

for (const [path, source] of refused) {
  Deno.test(`the rules refuse in ${path}: ${source}`, () => {
    assertEquals(messages(path, source).length, 1);
  });
}

Deno.test("the rules accept valid code", () => {
  assertEquals(accepted.flatMap(([path, source]) => messages(path, source)), []);
});
