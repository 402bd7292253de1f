// BullMQ on Redis, in Node, with one worker and the concurrency with which it is fastest here.
// Values from 50 to 200 make no difference (https://docs.bullmq.io/guide/workers/concurrency).
// Ended jobs are removed, as its guide to production advises.

import { contest, Counter, dispatchAll, installed, latency, payload, timed } from "./contest.mjs";

const { Queue, Worker } = await installed("bullmq");
const { Redis } = await installed("ioredis");

const concurrency = 100;

function open(address, handle, options = {}) {
  const connection = new Redis(address, { maxRetriesPerRequest: null });
  const queue = new Queue("counted", { connection, defaultJobOptions: { removeOnComplete: true } });
  const worker = new Worker("counted", handle, {
    connection,
    concurrency,
    autorun: false,
    ...options,
  });
  for (const each of [queue, worker]) each.on("error", console.error);
  return {
    queue,
    worker,
    async close() {
      await worker.close(); // waits for completions
      await queue.close();
      await connection.quit();
    },
  };
}

/** Measures from the start of the work until the last completion is stored. */
async function timedAndClosed(tasks, work, opened) {
  const figures = await timed(tasks, async () => {
    await work();
    await opened.worker.close();
  });
  await opened.close();
  return figures;
}

const measurements = {
  async lifecycle(address, tasks) {
    const counter = new Counter(tasks);
    const opened = open(address, () => Promise.resolve(counter.count()));
    await opened.worker.waitUntilReady();
    void opened.worker.run();
    return await timedAndClosed(tasks, async () => {
      await dispatchAll(tasks, (job) => opened.queue.add("counted", job));
      await counter.all;
    }, opened);
  },
  async drain(address, tasks) {
    const counter = new Counter(tasks);
    const opened = open(address, () => Promise.resolve(counter.count()));
    for (let stored = 0; stored < tasks; stored += 1000) {
      const length = Math.min(1000, tasks - stored);
      await opened.queue.addBulk(
        Array.from({ length }, (_, index) => ({ name: "counted", data: payload(stored + index) })),
      );
    }
    await opened.worker.waitUntilReady();
    return await timedAndClosed(tasks, async () => {
      void opened.worker.run();
      await counter.all;
    }, opened);
  },
  async latency(address, tasks) {
    let onHandled = () => {};
    const opened = open(address, () => Promise.resolve(onHandled()));
    await opened.worker.waitUntilReady();
    void opened.worker.run();
    const dispatch = (job) => opened.queue.add("counted", job);
    const figures = await latency(tasks, dispatch, (listener) => onHandled = listener);
    await opened.close();
    return figures;
  },
};

await contest(measurements, process.argv.slice(2));
