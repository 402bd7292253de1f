// plainjob on SQLite, in Bun: https://github.com/justplainstuff/plainjob
//
// It has a call that stores many jobs, and a worker that takes one job at a time. Its journal mode
// is WAL with synchronous=NORMAL, like that of EverTask.

import { contest, Counter, dispatchAll, installed, latency, payload, timed } from "./contest.mjs";

const { Database } = await installed("bun:sqlite");
const { bun, defineQueue, defineWorker } = await installed("plainjob");

const logger = { error: console.error, warn() {}, info() {}, debug() {} };

function open(address, handle) {
  const queue = defineQueue({ connection: bun(new Database(address, { strict: true })), logger });
  const worker = defineWorker("counted", handle, { queue, logger, pollIntervall: 1 });
  return { queue, worker };
}

async function close({ queue, worker }, running) {
  await worker.stop();
  await running;
  queue.close();
}

const measurements = {
  async lifecycle(address, tasks) {
    const counter = new Counter(tasks);
    const opened = open(address, () => counter.count());
    const running = opened.worker.start();
    const figures = await timed(tasks, async () => {
      await dispatchAll(tasks, (job) => void opened.queue.add("counted", job));
      await counter.all;
    });
    await close(opened, running);
    return figures;
  },
  async drain(address, tasks) {
    const counter = new Counter(tasks);
    const opened = open(address, () => counter.count());
    opened.queue.addMany("counted", Array.from({ length: tasks }, (_, index) => payload(index)));
    let running;
    const figures = await timed(tasks, async () => {
      running = opened.worker.start();
      await counter.all;
    });
    await close(opened, running);
    return figures;
  },
  async latency(address, tasks) {
    let onHandled = () => {};
    const opened = open(address, () => onHandled());
    const running = opened.worker.start();
    const dispatch = (job) => void opened.queue.add("counted", job);
    const figures = await latency(tasks, dispatch, (listener) => onHandled = listener);
    await close(opened, running);
    return figures;
  },
};

await contest(measurements, process.argv.slice(2));
