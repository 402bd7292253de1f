// Shows in which async context the application's functions run, in Deno and in Node:
//
//   contexts_program.mjs memory | sqlite <file> | postgres <url>
//
// Prints a JSON object: for each place, the values that AsyncLocalStorage held there.

import { AsyncLocalStorage } from "node:async_hooks";
import process from "node:process";
import { createEverTask, defineTask, TimeoutError } from "@evertask/evertask";

const [, , store, place] = process.argv;
const storages = {
  memory: async () => (await import("@evertask/evertask/memory")).memoryStorage(),
  sqlite: async () => (await import("@evertask/evertask/sqlite")).sqliteStorage(place),
  postgres: async () => (await import("@evertask/evertask/postgres")).postgresStorage(place),
};
const storage = await storages[store]();

const context = new AsyncLocalStorage();
const seen = new Map();
/** Records the value of AsyncLocalStorage at a place; each value once. */
const note = (where) => {
  const sights = seen.get(where) ?? new Set();
  seen.set(where, sights.add(context.getStore() ?? "none"));
};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const request = defineTask({
  type: "request",
  payload: {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => {
        if (!value.isChecked) note("a validator in dispatch");
        return { value };
      },
    },
  },
  rateLimit: {
    permits: 1_000,
    period: { seconds: 1 },
    scope: "memory",
    key: () => {
      note("the key of a rate limit");
      return "key";
    },
  },
  retry: {
    nextDelay: (attempt) => {
      note("nextDelay");
      return attempt < 2 ? 5 : null;
    },
  },
  onStarted: () => note("onStarted"),
  onRetry: () => note("onRetry"),
  onCompleted: () => note("onCompleted"),
  onError: () => note("onError"),
  async handle({ tenant, fails }, { attempt, dispatch }) {
    note("a handler");
    await pause(3);
    note("a handler, after it has waited");
    await context.run("its own", async () => {
      await pause(1);
      if (!fails && tenant !== undefined) await dispatch(continuation, tenant);
      note("within a handler's own context");
    });
    note("a handler, after its own context");
    if (fails === "once" && attempt === 1) throw new Error("once");
    if (fails === "always") throw new Error("always");
  },
});

const continuation = defineTask({
  type: "continuation",
  handle(tenant) {
    note("a continuation");
    context.enterWith(tenant); // must affect only the rest of this handler
    note("within a continuation that has entered a context");
  },
});

const aborted = defineTask({
  type: "aborted",
  timeout: 20,
  handle: (waits, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        note(signal.reason instanceof TimeoutError ? "a timed out signal" : "a cancelled signal");
        reject(signal.reason);
      });
      note("a handler that waits");
      if (waits) onWaiting();
    }),
});
const cancelled = defineTask({ ...aborted, type: "cancelled", timeout: { minutes: 1 } });
let onWaiting;
const waiting = new Promise((resolve) => onWaiting = resolve);

const series = defineTask({ type: "series", handle: () => note("a run of a series") });

const everTask = context.run("home", () =>
  createEverTask({
    storage,
    tasks: [request, continuation, aborted, cancelled, series],
    queues: { default: { parallelism: 2 }, recurring: { parallelism: 1 } },
    logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {} },
    instrumentation: {
      dispatch: (_, store) => store(null),
      run: (_, execute) => {
        note("an instrumentation of a run");
        return execute();
      },
    },
  }));

let left = Infinity;
const ends = [];
context.run("a subscriber of its own", () => {
  everTask.events.subscribe(({ kind, taskType }) => {
    note("a subscriber");
    if (["completed", "failed", "cancelled"].includes(kind)) ends.push(taskType);
    if (ends.length >= left) onEnded();
  });
});
let onEnded;
const ended = new Promise((resolve) => onEnded = resolve);

await context.run("start", () => everTask.start());
const tenants = ["ann", "bob", "cid", "dan", "eve", "fay", "gus", "hal"];
const asTenant = (tenant, work) => context.run(tenant, work);
await Promise.all(tenants.flatMap((tenant) => [
  asTenant(tenant, () => everTask.dispatch(request, { tenant })),
  asTenant(tenant, () => everTask.dispatch(request, { tenant, fails: "once" })),
  asTenant(tenant, () => everTask.dispatch(request, { tenant, fails: "always" })),
  asTenant(tenant, () => everTask.dispatch(request, { tenant, fails: "no" }, { delay: 30 })),
]));
await asTenant("many", () => everTask.dispatchMany(request, tenants.map((tenant) => ({ tenant }))));
await asTenant("slow", () => everTask.dispatch(aborted, false));
await asTenant("ivy", () =>
  everTask.dispatch(series, undefined, {
    recurring: (r) => {
      note("a recurring builder");
      return r.everySecond().maxRuns(1);
    },
    taskKey: "series",
  }));
const { id } = await asTenant("jim", () => everTask.dispatch(cancelled, true));
await waiting;
await asTenant("canceller", () => everTask.cancel(id));
left = tenants.length * 7 + 3;
if (ends.length >= left) onEnded();
await asTenant("kim", () => ended);
await context.run("stop", () => everTask.stop());
console.log(JSON.stringify(
  Object.fromEntries([...seen].map(([where, sights]) => [where, [...sights].sort()])),
));
