// Tests that each occurrence of a series runs once if several worker processes share a database.

import { assertEquals } from "@std/assert";
import { deadline } from "@std/async";
import { createEverTask } from "../../../mod.ts";
import { startProgram } from "../../support/lines.ts";
import { type Place, placeKinds, Places } from "../../support/places.ts";

const program = new URL("series_process.ts", import.meta.url).href;

const places = await Places.start();
Deno.test.afterAll(() => places.stop());

interface Line {
  readonly id?: string;
  readonly number: number;
  readonly attempt: number;
  readonly second: number;
  readonly text: string;
}

/**
 * Starts one process for each number in `lastRuns`, and resolves to the reports of all processes
 * once the series has ended. All processes register the series before any of them runs it: a
 * process that registered it after its end would restart it.
 */
async function runAll(kind: string, place: Place, lastRuns: readonly number[]) {
  const processes = lastRuns.map((last) =>
    startProgram(program, [kind, place.address, String(last)])
  );
  const lines: Line[] = await Promise.all(
    processes.map(async (process) => JSON.parse((await process.next())!)),
  );
  for (const process of processes) await process.send("run");
  const ended = Promise.withResolvers<void>();
  const readings = processes.map(async (process) => {
    for (let line = await process.next(); line !== null; line = await process.next()) {
      lines.push(JSON.parse(line));
      if (lines.at(-1)!.number === 4) ended.resolve();
    }
  });
  await deadline(ended.promise, 120_000);
  for (const process of processes) await process.end().catch(() => {}); // one may have crashed
  await Promise.all(readings);
  return {
    ids: lines.filter(({ id }) => id !== undefined).map(({ id }) => id!),
    runs: lines.filter(({ id }) => id === undefined).sort((a, b) =>
      a.number - b.number || a.attempt - b.attempt
    ),
  };
}

for (const kind of placeKinds) {
  Deno.test(`two processes run each occurrence of a series exactly once (${kind})`, async () => {
    await using place = await places.create(kind);
    const { ids, runs } = await runAll(kind, place, [0, 0]);
    assertEquals([ids.length, new Set(ids).size], [2, 1]);
    assertEquals(runs.map(({ number, attempt }) => [number, attempt]), [[1, 1], [2, 1], [3, 1], [
      4,
      1,
    ]]);
    const from = runs[0]!.second;
    assertEquals(runs.map(({ second }) => second - from), [0, 1000, 2000, 3000]);
    assertEquals(new Set(runs.map(({ text }) => text)), new Set(["„ß\u0000'; --"]));

    await using everTask = createEverTask({ storage: place.connect(), tasks: [] });
    const { items: [series, ...others] } = await everTask.recurring.list();
    assertEquals([series!.runCount, series!.nextRun, series!.status, others], [
      4,
      null,
      "Completed",
      [],
    ]);
    assertEquals((await everTask.runsAudit(ids[0]!)).items.length, 4);
  });

  Deno.test(`the other process repeats a run whose end a crashed process did not write (${kind})`, async () => {
    await using place = await places.create(kind);
    // The process that claims run 2 crashes, and the other one runs the second attempt.
    const { ids, runs } = await runAll(kind, place, [2, 2]);
    const seen = runs.map(({ number, attempt }) => [number, attempt]);
    assertEquals(seen, [[1, 1], [2, 1], [2, 2], [3, 1], [4, 1]]);
    await using everTask = createEverTask({ storage: place.connect(), tasks: [] });
    assertEquals((await everTask.get(ids[0]!))!.series!.runCount, 4);
  });
}
