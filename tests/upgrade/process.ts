// Dispatches and runs tasks with one version of the library, concurrently with other processes:
//
//   process.ts <0.1.0 | current> <postgres | sqlite | sqlserver> <address>
//
// Prints a JSON line for each dispatched task and for each attempt. A line on standard input makes
// it stop dispatching and print `ended`. The end of the input makes it exit.

import { silentLogger } from "../../mod.ts";
import { pauseMs, type ProcessLine, storageOf, type StoreName, versions } from "./versions.ts";

const [version, store, address] = Deno.args as [keyof typeof versions, StoreName, string];
const { createEverTask, defineTask } = versions[version];

const tell = (line: ProcessLine) => console.log(JSON.stringify(line));

const work = defineTask<{ readonly fails: boolean }>({
  type: "work",
  handle({ fails }, { taskId, attempt }) {
    tell({ ran: taskId, attempt });
    if (fails && attempt === 1) throw new Error("as it should");
  },
});

const everTask = createEverTask({
  storage: storageOf(version, store, address),
  tasks: [work],
  logger: silentLogger,
  leaseDuration: { minutes: 2 }, // a slow machine does not lose workers
});
await everTask.start();
tell({ started: version });

let mayDispatch = true;
async function dispatchAll(): Promise<void> {
  for (let turn = 0; mayDispatch; turn++) {
    const ids = await Promise.all([
      everTask.dispatch(work, { fails: false }),
      everTask.dispatch(work, { fails: false }, { taskKey: `key-${turn % 5}` }),
      everTask.dispatch(work, { fails: false }, { delay: { milliseconds: 30 } }),
      everTask.dispatch(work, { fails: turn % 10 === 0 }),
    ]);
    ids.forEach(({ id }, index) => tell({ dispatched: id, fails: index === 3 && turn % 10 === 0 }));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  tell({ ended: version });
}

const dispatching = dispatchAll();
for await (const _ of Deno.stdin.readable) mayDispatch = false;
mayDispatch = false;
await dispatching;
await everTask.stop();
