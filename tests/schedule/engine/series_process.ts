// A worker process. It registers a series with a run every second, waits for a line on its input,
// then runs the series and prints each run. Arguments: the store, its address, and the number of
// the run in whose first attempt the process exits, before it writes the end (0 for no run).

import { createEverTask, defineTask, silentLogger } from "../../../mod.ts";
import { Faults } from "../../support/faulty_storage.ts";
import { connectTo, type PlaceKind } from "../../support/places.ts";

const [kind, address, lastRun] = Deno.args as [PlaceKind, string, string];

let fatal = false;
const faults = new Faults();
faults.rule = (verb) => {
  if (verb === "updateCurrentRunMany" && fatal) Deno.exit();
  return null;
};
const storage = faults.wrap(connectTo(kind, address));

const tick = defineTask<{ text: string }>({
  type: "tick",
  handle({ text }, context) {
    const { number, scheduledAt } = context.run!;
    const { attempt } = context;
    console.log(JSON.stringify({ number, attempt, second: scheduledAt.getTime(), text }));
    fatal = number === Number(lastRun) && attempt === 1;
  },
});
const everTask = createEverTask({
  storage,
  tasks: [tick],
  logger: silentLogger,
  // The lease is short only if a process crashes, because a live process that stalls for longer
  // loses its run. A T-SQL engine may need a long time for the first call of a procedure.
  leaseDuration: { seconds: lastRun === "0" ? 60 : kind === "SQL Server" ? 15 : 4 },
});
const { id } = await everTask.dispatch(tick, { text: "„ß\u0000'; --" }, {
  recurring: (r) => r.everySecond().maxRuns(4).onMisfire({ all: 10 }),
  taskKey: "tick",
});
console.log(JSON.stringify({ id }));
const input = Deno.stdin.readable.values();
await input.next();
await everTask.start();
for await (const _ of input);
await everTask.stop();
