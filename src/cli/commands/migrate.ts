// `evertask migrate`.

import type { Maintenance, MigrationPlan } from "../../storage/maintenance.ts";
import { type Command, textOption } from "../frame/command.ts";
import { UsageError } from "../frame/usage_error.ts";
import type { Printer } from "../text/printer.ts";
import { elapsedWords, manyWords } from "../text/words.ts";
import { countOption } from "./paging.ts";

function stateWords({ version }: MigrationPlan): string {
  return version === 0 ? "There is no schema yet" : `The schema has version ${version}`;
}

async function printPlan(plan: MigrationPlan, applied: boolean, print: Printer): Promise<void> {
  if (print.isJson) return await print.json({ ...plan, applied });
  const { steps, target } = plan;
  if (steps.length === 0) return await print.text(`${stateWords(plan)}. Nothing is missing.`);
  const files = manyWords(steps.length, "file");
  await print.text(
    applied
      ? `Applied ${files}. The schema has version ${target} now:`
      : `${stateWords(plan)}. For version ${target}, ${files} ${
        steps.length === 1 ? "is" : "are"
      } missing:`,
  );
  await print.fields(steps.map(({ file, what }) => [`  ${file}`, what]));
  const estimates = steps.map(({ estimatedMs }) => estimatedMs ?? NaN);
  const totalMs = estimates.reduce((sum, ms) => sum + ms, 0);
  if (applied || Number.isNaN(totalMs)) return;
  await print.text(`This takes about ${elapsedWords(totalMs)}.`);
}

export const migrate: Command = {
  name: "migrate",
  summary: "Create or update the schema of a database",
  about: `All files are applied in one transaction; in SQL Server, the procedures in a second one.
Any number of processes may do this at the same time: one does it, and the others wait. A
schema that is newer than this program is left as it is, with an error. --dry-run has exit
code 1 if something is missing.

PostgreSQL: the owner of the schema migrates; it needs CREATE on the database for a new
schema. The role of the application needs USAGE on the schema, EXECUTE on its functions,
and SELECT, INSERT, UPDATE and DELETE on its tables.`,
  options: {
    "dry-run": { help: "Say what is missing and about how long it takes, and change nothing" },
    sql: { help: "Print a script for psql, sqlcmd or sqlite3 instead" },
    to: { value: "VERSION", help: "The version (default: the newest)" },
  },
  examples: [
    "migrate --storage sqlite:app.db",
    "migrate --dry-run",
    "migrate --sql > evertask.sql",
  ],
  endsItself: true,
  async run({ values, print, maintenance }) {
    const text = textOption(values, "to");
    const to = text === undefined ? undefined : countOption("to", text);
    if (values.sql && (values["dry-run"] || print.isJson)) {
      throw new UsageError("--sql prints a script: give it without --dry-run and --json.");
    }
    const database: Maintenance = await maintenance();
    if (values.sql) {
      await print.raw(await database.script(to));
      return 0;
    }
    if (values["dry-run"]) {
      const plan = await database.plan(to);
      await printPlan(plan, false, print);
      return plan.steps.length === 0 ? 0 : 1;
    }
    await printPlan(await database.migrate(to), true, print);
    return 0;
  },
};
