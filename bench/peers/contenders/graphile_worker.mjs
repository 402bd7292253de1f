// graphile-worker on PostgreSQL, in Node, with the settings of its page on performance
// (https://worker.graphile.org/docs/performance): jobs are fetched and completed in batches. It
// deletes completed jobs. A longer local queue would drain a backlog even faster, but reserves that
// many jobs even if they are slow: see README.md.

import { contest, Counter, dispatchAll, installed, latency, payload, timed } from "./contest.mjs";

const { Logger, makeWorkerUtils, run } = await installed("graphile-worker");

const logger = new Logger(() => () => {});

function preset(connectionString, settings) {
  return { worker: { connectionString, concurrentJobs: 24, maxPoolSize: 25, logger, ...settings } };
}

const batching = { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };
const unbatched = {};

function start(address, settings, handle) {
  return run({
    preset: preset(address, settings),
    taskList: { counted: handle },
    noHandleSignals: true,
    logger,
  });
}

function measure(settings) {
  return {
    async lifecycle(address, tasks) {
      const counter = new Counter(tasks);
      const runner = await start(address, settings, () => counter.count());
      return await timed(tasks, async () => {
        await dispatchAll(tasks, (job) => runner.addJob("counted", job));
        await counter.all;
        await runner.stop(); // completes the remaining jobs
      });
    },
    async drain(address, tasks) {
      const utils = await makeWorkerUtils({ preset: preset(address, settings) });
      await utils.migrate();
      for (let stored = 0; stored < tasks; stored += 10_000) {
        const length = Math.min(10_000, tasks - stored);
        await utils.addJobs(
          Array.from({ length }, (_, index) => ({
            identifier: "counted",
            payload: payload(stored + index),
          })),
        );
      }
      await utils.release();
      const counter = new Counter(tasks);
      return await timed(tasks, async () => {
        const runner = await start(address, settings, () => counter.count());
        await counter.all;
        await runner.stop();
      });
    },
    async latency(address, tasks) {
      let onHandled = () => {};
      const runner = await start(address, settings, () => onHandled());
      const dispatch = (job) => runner.addJob("counted", job);
      const figures = await latency(tasks, dispatch, (listener) => onHandled = listener);
      await runner.stop();
      return figures;
    },
  };
}

const [mode, ...rest] = process.argv.slice(2);
await contest(measure(mode === "batched" ? batching : unbatched), rest);
