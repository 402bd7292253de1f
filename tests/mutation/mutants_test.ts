// Tests the mutation runner with the smallest folder of the code.

import { assertEquals, assertMatch } from "@std/assert";
import { runCommand } from "../support/run_command.ts";
import { mutantLists } from "./lists.ts";

const main = new URL("main.ts", import.meta.url).pathname;

Deno.test("a killed mutant is reported with the test and its assertion", async () => {
  const { stdout } = await runCommand(Deno.execPath(), [
    "run",
    "-A",
    main,
    "--only",
    "audit_policy",
  ]);
  const [first, ...rest] = stdout.trim().split("\n");
  assertMatch(first!, /^\d+ mutants;/);
  assertMatch(rest[0]!, /^noticed +\d+\.\d s +src\/storage\/kit\/audit_policy\.ts$/);
  assertMatch(rest[2]!, /^ +by .+: (AssertionError|Error)/);
  assertEquals(
    rest.at(-1)!.replace(/^\d+ of \d+ /, ""),
    [
      "noticed (100 %)",
      "0 unnoticed",
      "0 by a hang alone",
      "0 not testable",
      "0 gone",
    ].join(", "),
  );
});

Deno.test("the original code of each mutant occurs once", async () => {
  const root = new URL("../../", import.meta.url);
  const lost: string[] = [];
  for (const { file, original } of Object.values(mutantLists).flat()) {
    const source = await Deno.readTextFile(new URL(file, root)).catch(() => "");
    if (source.split(original).length !== 2) lost.push(`${file}: ${original}`);
  }
  assertEquals(lost, []); // otherwise, update the original or delete the mutant
});

Deno.test("the guide to the simulation lists its mutants with the seeds that notice them", async () => {
  const guide = new URL("../../src/testing/simulation/README.md", import.meta.url);
  const plain = (text: string) => text.replaceAll(/\s+/g, " ");
  const text = plain(await Deno.readTextFile(guide));
  const code = (source: string) => source === "" ? "nothing" : `\`${source}\``;
  const missing = mutantLists.simulation!.map(({ file, original, replacement, env }) => {
    const name = file.split("/").at(-1);
    return plain(
      `seed ${env!.EVERTASK_SEED}, ${name}: ${code(original)} becomes ${code(replacement)}`,
    );
  }).filter((line) => !text.includes(line));
  assertEquals(missing, []);
  assertEquals(text.match(/- seed \d/g)?.length, mutantLists.simulation!.length);
});
