// Introduces small mistakes into the code, one at a time, and reports which of them the tests
// detect.

import { readOptions, wholeNumber } from "../support/command_line.ts";
import { mutantLists } from "./lists.ts";
import type { Mutant } from "./mutant.ts";
import { type Finding, Workshop } from "./workshop.ts";

const usage = `deno task mutants [--only TEXT] [--jobs N] [--seconds N] [--json FILE]

  --only     only mutants whose file or list contains TEXT (all, which takes hours)
  --jobs     how many mutants are tested at a time (1)
  --seconds  how long the tests of one mutant may take (60)
  --json     a file to write the findings to

Exits with 1 unless all tested mutants were noticed.`;

const values = readOptions(usage, {
  only: { type: "string", default: "" },
  jobs: { type: "string", default: "1" },
  seconds: { type: "string", default: "60" },
  json: { type: "string" },
});
const jobs = wholeNumber(usage, "jobs", values.jobs);
const secondsEach = wholeNumber(usage, "seconds", values.seconds);

const chosen = Object.entries(mutantLists).flatMap(([list, mutants]) =>
  mutants.filter(({ file }) => list.includes(values.only) || file.includes(values.only))
);
const different = chosen.filter(({ equivalent }) => equivalent === undefined);
const testable = different.filter(({ needs }) => needs === undefined || Deno.env.has(needs));
console.log(`${testable.length} mutants; ${chosen.length - different.length} more are equivalent.`);
for (const { file, original, needs } of different) {
  if (needs === undefined || Deno.env.has(needs)) continue;
  console.log(`skipped (needs ${needs})  ${file}: ${shorten(original)}`);
}

const findings: Finding[] = [];
const waiting = [...testable];
await Promise.all(Array.from({ length: jobs }, work));

const count = (verdict: Finding["verdict"]) =>
  findings.filter((finding) => finding.verdict === verdict).length;
const noticed = count("noticed");
console.log(
  `${noticed} of ${findings.length} noticed (${percent(noticed, findings.length)}), ` +
    `${count("unnoticed")} unnoticed, ${count("hang")} by a hang alone, ` +
    `${count("broken")} not testable, ${count("gone")} gone`,
);
if (values.json !== undefined) {
  await Deno.writeTextFile(values.json, `${JSON.stringify(findings, null, 2)}\n`);
}
Deno.exit(noticed === findings.length ? 0 : 1);

/** Tests one mutant after the other, in its own copy of the project. */
async function work(): Promise<void> {
  await using workshop = await Workshop.open();
  for (let mutant: Mutant | undefined; (mutant = waiting.shift()) !== undefined;) {
    const finding = await workshop.examine(mutant, secondsEach);
    findings.push(finding);
    console.log(describe(finding));
  }
}

function describe({ mutant, verdict, by, seconds }: Finding): string {
  const change = `${shorten(mutant.original)} → ${shorten(mutant.replacement)}`;
  const told = by === null ? "" : `\n    by ${by}`;
  return `${verdict.padEnd(9)} ${
    seconds.toFixed(1).padStart(5)
  } s  ${mutant.file}\n    ${change}${told}`;
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 70 ? `${line.slice(0, 69)}…` : line || "(nothing)";
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${Math.floor(100 * part / whole)} %`;
}
