// pg-boss on PostgreSQL, in Node, with the fastest of its documented settings (https://pgboss.io):
// four workers fetch and complete jobs in batches, and a full batch is followed by the next at
// once. (Two or eight workers, or batches of 2,000, drain no faster here; one worker takes a third
// less.) Workers are woken by notifications, or look every half second, which is the shortest
// interval.

import { contest, Counter, dispatchAll, installed, latency, payload, timed } from "./contest.mjs";

const { PgBoss } = await installed("pg-boss");

const batchSize = 1000;
const working = {
  batchSize,
  burstWhenBatchFull: true,
  pollingIntervalSeconds: 0.5,
  localConcurrency: 4,
};

const [mode, ...rest] = process.argv.slice(2);
const notify = mode === "notified";

async function start(address) {
  const boss = new PgBoss({
    connectionString: address,
    max: 25,
    useListenNotify: notify,
    schedule: false,
    supervise: false,
  });
  boss.on("error", console.error);
  await boss.start();
  await boss.createQueue("counted", { notify });
  return boss;
}

/** Stopping takes longer than the work needs to end, so it is not measured. */
async function timedAndStopped(tasks, work, boss) {
  const figures = await timed(tasks, work);
  await boss.stop();
  return figures;
}

const measurements = {
  async lifecycle(address, tasks) {
    const counter = new Counter(tasks);
    const boss = await start(address);
    await boss.work("counted", working, (jobs) => Promise.resolve(counter.count(jobs.length)));
    return await timedAndStopped(tasks, async () => {
      await dispatchAll(tasks, (job) => boss.send("counted", job));
      await counter.all;
      await boss.offWork("counted"); // waits for completions
    }, boss);
  },
  async drain(address, tasks) {
    const boss = await start(address);
    for (let stored = 0; stored < tasks; stored += 10_000) {
      const length = Math.min(10_000, tasks - stored);
      await boss.insert(
        "counted",
        Array.from({ length }, (_, index) => ({ data: payload(stored + index) })),
      );
    }
    const counter = new Counter(tasks);
    return await timedAndStopped(tasks, async () => {
      await boss.work("counted", working, (jobs) => Promise.resolve(counter.count(jobs.length)));
      await counter.all;
      await boss.offWork("counted");
    }, boss);
  },
  async latency(address, tasks) {
    let onHandled = () => {};
    const boss = await start(address);
    const single = { ...working, batchSize: 1, localConcurrency: 1 };
    await boss.work("counted", single, () => Promise.resolve(onHandled()));
    const dispatch = (job) => boss.send("counted", job);
    const figures = await latency(tasks, dispatch, (listener) => onHandled = listener);
    await boss.stop();
    return figures;
  },
};

await contest(measurements, rest);
