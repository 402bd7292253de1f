// Benchmarks: `deno task bench [name] [options]`, and `deno task bench --help` to list the names.
//
// Figures depend on the machine: compare only the ratios within one run. Commits wait for the disk
// (PostgreSQL with fsync, SQLite with its write-ahead log and synchronous=NORMAL).

import { auditLevelsSubject } from "./audit_levels.ts";
import { backlogSubject } from "./backlog.ts";
import { copySubject } from "./copy.ts";
import { crowdSubject } from "./crowd.ts";
import { eventRelaySubject } from "./event_relay.ts";
import { eventsSubject } from "./events.ts";
import { farSubject } from "./far.ts";
import { finishedRowsSubject } from "./finished_rows.ts";
import { framesSubject } from "./frames.ts";
import { idleSubject } from "./idle.ts";
import { migrateSubject } from "./migrate.ts";
import { oldSnapshotSubject } from "./old_snapshot.ts";
import { oldWorkerSubject } from "./old_worker.ts";
import { operateSubject } from "./operate.ts";
import { postgresCostSubject } from "./postgres_cost.ts";
import { processesSubject } from "./processes.ts";
import { optionsHelp, readArguments, UsageError } from "./support/arguments.ts";
import { describeEnvironment, environment } from "./support/environment.ts";
import { rateLimitsSubject } from "./rate_limits.ts";
import { retentionSubject } from "./retention.ts";
import { retentionPaceSubject } from "./retention_pace.ts";
import { seriesSubject } from "./series.ts";
import type { Subject } from "./support/subject.ts";
import { wakeUpSubject } from "./wake_up_latency.ts";

const subjects: readonly Subject[] = [
  auditLevelsSubject,
  backlogSubject,
  copySubject,
  crowdSubject,
  eventsSubject,
  eventRelaySubject,
  framesSubject,
  idleSubject,
  processesSubject,
  postgresCostSubject,
  farSubject,
  finishedRowsSubject,
  migrateSubject,
  oldSnapshotSubject,
  oldWorkerSubject,
  operateSubject,
  rateLimitsSubject,
  retentionSubject,
  retentionPaceSubject,
  seriesSubject,
  wakeUpSubject,
];

function help(): string {
  const width = Math.max(...subjects.map(({ name }) => name.length));
  return [
    "deno task bench [name] [options]",
    "",
    ...subjects.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`),
    "",
    optionsHelp,
    "",
    `Without a name: ${subjects[0]!.name}. Comparisons with other libraries: deno task bench:peers`,
  ].join("\n");
}

/**
 * Runs what the arguments ask for.
 *
 * @throws {UsageError} If they are wrong.
 */
export async function main(args: string[]): Promise<void> {
  const { subject: name, help: wantsHelp, options } = readArguments(args);
  if (wantsHelp) return console.log(help());
  const subject = subjects.find((each) => each.name === (name ?? subjects[0]!.name));
  if (subject === undefined) throw new UsageError(`There is no benchmark "${name}".`);

  const machine = environment();
  // Writes progress to stderr, so that stdout has only the result.
  const report = await subject.run(options, (text) => console.error(`… ${text}`));
  if (options.svg !== null) {
    if (report.svg === undefined) throw new UsageError(`${subject.name} has no chart for --svg.`);
    await Deno.writeTextFile(options.svg, report.svg);
  }
  if (options.json) {
    const { runs } = options;
    console.log(
      JSON.stringify({ subject: subject.name, machine, runs, results: report.data }, null, 2),
    );
  } else {
    console.log(`\n${subject.about}\n${describeEnvironment(machine)}\n\n${report.text}`);
  }
}

if (import.meta.main) {
  try {
    await main(Deno.args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${help()}`);
    Deno.exit(2);
  }
}
