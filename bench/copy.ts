// Measures copies of whole stores from one kind to another: rows a second of the whole copy, and of
// the step that writes.

import { type CopyProgress, copyStore, type StoreDigest } from "@evertask/evertask/storage";
import { measureLifecycle } from "./measures/lifecycle.ts";
import { median, rate } from "./support/figures.ts";
import { openStores } from "./support/stores.ts";
import type { BenchStore } from "./support/bench_store.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

const defaultTasks = 50_000;

type Step = CopyProgress["step"];

/** The figures of copies from one store to the other. */
export interface CopyFigures {
  readonly from: string;
  readonly to: string;
  readonly rows: number;
  /** Rows per second of the whole copy, and of the step that writes. */
  readonly rowsPerSecond: number;
  readonly writtenPerSecond: number;
}

/** Copies tasks that ran, with their history. */
export const copySubject: Subject = {
  name: "copy",
  about: "rows a second of a copy from SQLite to PostgreSQL and back, with its checks",
  async run({ runs, tasks: asked }, progress) {
    const tasks = asked ?? defaultTasks;
    const [sqlite, postgres] = await openStores(["sqlite", "postgres"], ["sqlite", "postgres"]);
    await using one = sqlite!;
    await using other = postgres!;
    const results: CopyFigures[] = [];
    for (const [from, to] of [[one, other], [other, one]] as const) {
      const all: CopyFigures[] = [];
      for (let run = 1; run <= runs; run++) {
        progress(`${from.name} to ${to.name}: run ${run} of ${runs}`);
        all.push(await measureCopy(from, to, tasks));
      }
      results.push({
        ...all[0]!,
        rowsPerSecond: median(all.map(({ rowsPerSecond }) => rowsPerSecond)),
        writtenPerSecond: median(all.map(({ writtenPerSecond }) => writtenPerSecond)),
      });
    }
    const text = table(
      ["from", "to", "rows", "rows/s", "rows/s written"],
      results.map(({ from, to, rows, rowsPerSecond, writtenPerSecond }) => [
        ...[from, to, rate(rows), rate(rowsPerSecond), rate(writtenPerSecond)],
      ]),
    );
    return { data: results, text };
  },
};

async function measureCopy(source: BenchStore, target: BenchStore, tasks: number) {
  await using full = await source.createDatabase();
  await using empty = await target.createDatabase();
  await measureLifecycle(full, { auditLevel: "Full", tasks });
  const from = full.storage(), to = empty.storage();
  await Promise.all([from.open(), to.open()]);
  const began = performance.now();
  const ends = new Map<Step, number>();
  const { digest } = await copyStore({
    from,
    to,
    onProgress: ({ step }) => ends.set(step, performance.now()),
  });
  const seconds = (performance.now() - began) / 1000;
  await Promise.all([from.close(), to.close()]);
  const rows = rowsOf(digest);
  const writing = (ends.get("copy")! - ends.get("check")!) / 1000;
  return {
    from: source.name,
    to: target.name,
    rows,
    rowsPerSecond: rows / seconds,
    writtenPerSecond: rows / writing,
  };
}

function rowsOf({ tasks, statusAudit, runsAudit, executionLogs }: StoreDigest): number {
  return tasks + statusAudit + runsAudit + executionLogs;
}
