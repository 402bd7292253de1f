// Tests that the compiler's messages for common mistakes name the mistake and its remedy.

import { assertEquals, assertStringIncludes } from "@std/assert";

const root = new URL("../../", import.meta.url);

const program = `
import { createEverTask, defineTask, type TaskContext } from "${root}mod.ts";
import { buildRecurrence } from "${root}src/schedule/mod.ts";
import { memoryStorage } from "${root}drivers/memory/mod.ts";

declare const context: TaskContext;
const cleanUp = defineTask({ type: "clean-up", handle() {} });
const resize = defineTask<{ width: number }>({ type: "resize", handle() {} });
const everTask = createEverTask({ storage: memoryStorage(), tasks: [cleanUp, resize] });
`;

const handle = "handle() {}";
const messages: readonly [mistake: string, message: string][] = [
  ["everTask.dispatch(resize);", "Expected 2-3 arguments, but got 1."],
  ["context.dispatch(resize);", "Expected 2-3 arguments, but got 1."],
  [
    'everTask.dispatch(cleanUp, { recurring: "@daily" });',
    "Argument of type '{ recurring: string; }' is not assignable to parameter of type 'void'.",
  ],
  [
    'everTask.dispatch(resize, { recurring: "@daily" });',
    "'recurring' does not exist in type '{ width: number; }'.",
  ],
  [
    'everTask.dispatch(resize, { width: "3" });',
    "Type 'string' is not assignable to type 'number'.",
  ],
  [
    "everTask.dispatch(cleanUp, undefined, { recurring: (r) => r.every(5) });",
    `Type '"a unit, as in every(5).minutes()"' is not assignable to type '"nothing"'.`,
  ],
  [
    "buildRecurrence((r) => r.every(5));",
    `Type '"a unit, as in every(5).minutes()"' is not assignable to type '"nothing"'.`,
  ],
  [
    "buildRecurrence((r) => r.runNow().andThen().every(5));",
    `Type '"a unit, as in every(5).minutes()"' is not assignable to type '"nothing"'.`,
  ],
  [
    "buildRecurrence((r) => r.schedule());",
    `Type '"a rhythm, as in everyDay()"' is not assignable to type '"nothing"'.`,
  ],
  [
    "buildRecurrence((r) => r.runNow());",
    `Type '"a rhythm, as in runNow().andThen().everyDay()"' is not assignable to type '"nothing"'.`,
  ],
  [
    "buildRecurrence((r) => { r.everyDay() });",
    "Type 'void' is not assignable to type 'CompleteSchedule'.",
  ],
  [
    `defineTask<{ done: () => void }>({ type: "x", ${handle} });`,
    `Type '() => void' is not assignable to type '"JSON has no functions: a payload is data"'.`,
  ],
  [
    `defineTask<{ id: bigint }>({ type: "x", ${handle} });`,
    `Type 'bigint' is not assignable to type '"JSON has no bigint: write a string"'.`,
  ],
  [
    `defineTask<{ a: { totals: Map<string, number> }[] }>({ type: "x", ${handle} });`,
    `Type 'Map<string, number>' is not assignable to type '"JSON has no Map: write Object.fromEntries(map), or a list of its entries"'.`,
  ],
  [
    `defineTask<{ tags: Set<string> }>({ type: "x", ${handle} });`,
    `Type 'Set<string>' is not assignable to type '"JSON has no Set: write [...set]"'.`,
  ],
  [
    `defineTask<{ user: Promise<string> }>({ type: "x", ${handle} });`,
    `Type 'Promise<string>' is not assignable to type '"JSON has no Promise: await it first"'.`,
  ],
  [
    `defineTask<{ file: ArrayBuffer }>({ type: "x", ${handle} });`,
    `Type 'ArrayBuffer' is not assignable to type '"JSON has no bytes: write them in base64"'.`,
  ],
  [
    `defineTask<{ counts: (number | undefined)[] }>({ type: "x", ${handle} });`,
    `Type 'number | undefined' is not assignable to type 'number | "JSON has no undefined in a list: write null"'.`,
  ],
  [
    `defineTask<{ error: Error }>({ type: "x", ${handle} });`,
    `Type 'Error' is not assignable to type '"JSON has no Error: write its message"'.`,
  ],
  [
    `defineTask<Map<string, number>>({ type: "x", ${handle} });`,
    "JSON has no functions, symbols, bigints, Maps, Sets, promises and bytes: a payload is data",
  ],
  [
    'defineTask<{ at: Date }>({ type: "x", handle: ({ at }) => void at.getTime() });',
    "Property 'getTime' does not exist on type 'string'.",
  ],
];

/** Returns the messages of `deno check` by line of a program. */
async function check(source: string): Promise<Map<number, string>> {
  const folder = await Deno.makeTempDir({ prefix: "evertask-messages-" });
  try {
    const file = `${folder}/mistakes.ts`;
    await Deno.writeTextFile(file, source);
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--config", new URL("deno.json", root).pathname, file],
      env: { NO_COLOR: "1" },
    }).output();
    const said = new Map<number, string>();
    for (const error of new TextDecoder().decode(stderr).split(/^(?=TS\d+ \[ERROR\])/m)) {
      const [, line] = error.match(/mistakes\.ts:(\d+):/) ?? [];
      if (line !== undefined) said.set(Number(line), error);
    }
    return said;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the compiler names a mistake and its remedy", async (t) => {
  const said = await check(program + messages.map(([mistake]) => mistake).join("\n"));
  const firstLine = program.split("\n").length;
  for (const [index, [mistake, message]] of messages.entries()) {
    await t.step(mistake, () => assertStringIncludes(said.get(firstLine + index) ?? "", message));
  }
  assertEquals(said.size, messages.length, "and nothing else is wrong");
});
