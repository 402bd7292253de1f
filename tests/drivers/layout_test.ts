// The drivers' files have the names that drivers/README.md lists.

import { assertEquals } from "@std/assert";

const drivers = ["memory", "sqlite", "postgres", "sqlserver"];

/** Returns the names and texts of the table below `heading`. */
function tableBelow(readme: string, heading: string): ReadonlyMap<string, string> {
  const section = readme.split(/^(?=#{2,3} )/m).find((each) => each.startsWith(`${heading}\n`));
  const rows = section?.matchAll(/^\| `([^`]+)` *\|(.*)\|$/gm) ?? [];
  return new Map(Array.from(rows, ([, name, text]) => [name!, text!.trim()]));
}

/** Returns the differences between the README and the files of the drivers. */
function layoutFaults(
  readme: string,
  filesOf: Readonly<Record<string, readonly string[]>>,
): string[] {
  const shared = tableBelow(readme, "## Common file names");
  const faults: string[] = [];
  for (const [driver, files] of Object.entries(filesOf)) {
    const own = tableBelow(readme, `### ${driver}`);
    for (const file of files) {
      if (!shared.has(file) && !own.has(file)) faults.push(`${driver}/${file} is in no list`);
    }
    for (const [file, reason] of own) {
      if (reason === "") faults.push(`${driver}/${file} has no reason`);
      if (shared.has(file)) faults.push(`${driver}/${file} is in both lists`);
      if (!files.includes(file)) faults.push(`${driver}/${file} is listed, but not there`);
    }
  }
  const all = new Set(Object.values(filesOf).flat());
  for (const [file, subject] of shared) {
    if (subject === "") faults.push(`${file} has no subject`);
    if (!all.has(file)) faults.push(`${file} is listed, but no driver has it`);
  }
  return faults;
}

Deno.test("each driver's file has a common name, or is listed for its driver", async () => {
  const filesOf: Record<string, string[]> = {};
  for (const driver of drivers) {
    const entries = await Array.fromAsync(Deno.readDir(`drivers/${driver}`));
    filesOf[driver] = entries.map(({ name }) => name.replace(/\.ts$/, ""));
  }
  assertEquals(layoutFaults(await Deno.readTextFile("drivers/README.md"), filesOf), []);
});

Deno.test("each folder of drivers/ follows the layout", async () => {
  const entries = await Array.fromAsync(Deno.readDir("drivers"));
  const folders = entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  assertEquals(folders.sort(), drivers.toSorted());
});

const example = `## Common file names

| file      | subject  |
| --------- | -------- |
| \`mod\`   | entry    |
| \`purge\` | \`purge\` |

### memory

| file      | why      |
| --------- | -------- |
| \`heap\`  | an index |
`;

const counterExamples: [what: string, readme: string, files: string[], fault: string][] = [
  [
    "a name in no list",
    example,
    ["mod", "purge", "heap", "purging"],
    "memory/purging is in no list",
  ],
  [
    "a name of its own without a reason",
    example.replace("an index", "        "),
    ["mod", "purge", "heap"],
    "memory/heap has no reason",
  ],
  ["a listed file that is gone", example, ["mod", "purge"], "memory/heap is listed, but not there"],
  [
    "a shared name in a driver's own list",
    example.replace("`heap` ", "`purge`"),
    ["mod", "purge"],
    "memory/purge is in both lists",
  ],
  [
    "a shared name that no driver has",
    example,
    ["mod", "heap"],
    "purge is listed, but no driver has it",
  ],
];

for (const [what, readme, files, fault] of counterExamples) {
  Deno.test(`the check of the layout reports ${what}`, () => {
    assertEquals(layoutFaults(readme, { memory: files }), [fault]);
  });
}
