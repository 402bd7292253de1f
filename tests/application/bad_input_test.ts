// Tests the public functions with invalid input that the compiler does not see: from JavaScript, a
// cast or a spread of configuration. An error names each invalid value; none is ignored.

import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { MemoryDatabase, memoryStorage } from "../../drivers/memory/mod.ts";
import { postgresStorage } from "../../drivers/postgres/mod.ts";
import { sqliteStorage } from "../../drivers/sqlite/mod.ts";
import { createMonitorHub } from "../../src/monitor/mod.ts";
import { createEverTask, defineTask, InvalidArgumentError, noRetry } from "../../mod.ts";

const noop = defineTask<unknown>({ type: "noop", handle() {} });

/** Passes a value of a type that the compiler would reject. */
function wrong(value: unknown): never {
  return value as never;
}

function create(options: object = {}) {
  return createEverTask({ storage: memoryStorage(), tasks: [noop], ...options });
}

const refusedOptions: Readonly<Record<string, readonly [option: object, argument: string]>> = {
  "a misspelt option": [{ poisonLimits: 3 }, "options.poisonLimits"],
  "a list of queues": [{ queues: ["email"] }, "queues"],
  "a queue that is a number": [{ queues: { email: 10 } }, "queues.email"],
  "a queue that is missing": [{ queues: { email: undefined } }, "queues.email"],
  "a misspelt option of a queue": [
    { queues: { email: { paralelism: 2 } } },
    "queues.email.paralelism",
  ],
  "a queue with a number instead of a retry policy": [
    { queues: { email: { retry: 3 } } },
    "queues.email.retry",
  ],
  "a number instead of a retry policy": [{ retry: 3 }, "retry"],
  "a logger without methods": [{ logger: {} }, "logger"],
  "a text for persistent logs": [{ persistentLogs: "yes" }, "persistentLogs"],
  "a misspelt option of persistent logs": [
    { persistentLogs: { maxLines: 3 } },
    "persistentLogs.maxLines",
  ],
  "a number instead of a retention policy": [{ retention: 30 }, "retention"],
  "a misspelt limit of retention": [
    { retention: { statusAuditDay: 7 } },
    "retention.statusAuditDay",
  ],
  "a number of log lines that is not an integer": [
    { retention: { maxExecutionLogsPerTask: 1.5 } },
    "retention.maxExecutionLogsPerTask",
  ],
  "a text instead of a boolean": [
    { retention: { deleteCompletedTasksAfterRetention: "no" } },
    "retention.deleteCompletedTasksAfterRetention",
  ],
  "a host that is too long": [{ host: "x".repeat(401) }, "host"],
  "an undefined task, as of a module that is not loaded yet": [
    { tasks: [noop, undefined] },
    "task",
  ],
  "a task whose hook is not a function": [
    { tasks: [{ type: "x", handle() {}, onError: true }] },
    'task "x": onError',
  ],
  "a task whose handler's name is not a string": [
    { tasks: [{ type: "x", handle() {}, handlerName: 7 }] },
    'task "x": handlerName',
  ],
};

for (const [what, [option, argument]] of Object.entries(refusedOptions)) {
  Deno.test(`createEverTask refuses ${what}`, () => {
    const error = assertThrows(() => create(option), InvalidArgumentError);
    assertEquals(error.argument, argument);
  });
}

Deno.test("every option of queues, persistent logs and retention is accepted", async () => {
  await using everTask = create({
    queues: {
      email: { parallelism: 1, capacity: 2, whenFull: "wait", timeout: 5, retry: noRetryAtAll },
    },
    persistentLogs: { minimumLevel: "Warning", maxLinesPerRun: 10 },
    retention: {
      statusAuditDays: 1,
      runsAuditDays: null,
      errorAuditDays: 0,
      executionLogDays: 3,
      maxExecutionLogsPerTask: 100,
      deleteCompletedTasksAfterRetention: true,
      every: { minutes: 5 },
    },
    logger: console,
  });
  assertEquals((await everTask.queues.list()).length, 0);
});

Deno.test("a number that no store can hold is rejected in the options, and the largest one works", async () => {
  const numbers: Readonly<Record<string, readonly [set: (to: number) => object, most: number]>> = {
    "poisonLimit": [(poisonLimit) => ({ poisonLimit }), 2 ** 31 - 1],
    "queues.email.parallelism": [
      (parallelism) => ({ queues: { email: { parallelism } } }),
      2 ** 31 - 1,
    ],
    "queues.email.capacity": [(capacity) => ({ queues: { email: { capacity } } }), 2 ** 31 - 1],
    "persistentLogs.maxLinesPerRun": [
      (maxLinesPerRun) => ({ persistentLogs: { maxLinesPerRun } }),
      2 ** 31 - 1,
    ],
    'task "x": rateLimit.permits': [(permits) => limited({ permits }), 2 ** 31 - 1],
    'task "x": rateLimit.burst': [(burst) => limited({ permits: 1, burst }), 2 ** 31 - 1],
    "retention.statusAuditDays": [(days) => ({ retention: { statusAuditDays: days } }), 365_000],
    "retention.executionLogDays": [(days) => ({ retention: { executionLogDays: days } }), 365_000],
    "retention.maxExecutionLogsPerTask": [
      (lines) => ({ retention: { maxExecutionLogsPerTask: lines } }),
      2 ** 31 - 1,
    ],
  };
  for (const [argument, [set, most]] of Object.entries(numbers)) {
    await create(set(most)).stop();
    for (const tooMuch of [most + 1, Number.MAX_SAFE_INTEGER, Number.MAX_VALUE, Infinity]) {
      const error = assertThrows(() => create(set(tooMuch)), InvalidArgumentError);
      assertEquals(error.argument, argument);
    }
  }
});

/** Returns options with a task that has a rate limit. */
function limited(rateLimit: object): object {
  const task = { type: "x", handle() {}, rateLimit: { period: { minutes: 1 }, ...rateLimit } };
  return { tasks: [task] };
}

const noRetryAtAll = { nextDelay: () => null };

Deno.test("the error of createEverTask without options names the required options", () => {
  const error = assertThrows(() => createEverTask(wrong(undefined)), InvalidArgumentError);
  assertMatch(error.message, /storage, tasks/);
});

Deno.test("dispatch rejects a bare delay, queue or date instead of options", async () => {
  await using everTask = create();
  for (const bare of [5000, "email", new Date(), null]) {
    await assertRejects(
      () => everTask.dispatch(noop, 1, wrong(bare)),
      InvalidArgumentError,
      "options is ",
    );
  }
  assertEquals((await everTask.list()).items, []);
});

const refusedDispatches: Readonly<Record<string, readonly [options: object, argument: string]>> = {
  "a misspelt option": [{ prioritty: 3 }, "options.prioritty"],
  "an option of defineTask": [{ timeout: 30 }, "options.timeout"],
  "a misspelt option that is undefined": [{ ta: undefined }, "options.ta"],
  "null as the queue": [{ queue: null }, "queue"],
  "null as the audit level": [{ auditLevel: null }, "auditLevel"],
  "null as the priority": [{ priority: null }, "priority"],
  "null as the delay": [{ delay: null }, "delay"],
  "null as the retry policy": [{ retry: null }, "retry"],
  "null as the signal": [{ signal: null }, "signal"],
  "an AbortController instead of its signal": [{ signal: new AbortController() }, "signal"],
};

for (const [what, [options, argument]] of Object.entries(refusedDispatches)) {
  Deno.test(`dispatch and dispatchMany refuse ${what}`, async () => {
    await using everTask = create();
    for (
      const dispatch of [
        () => everTask.dispatch(noop, 1, wrong(options)),
        () => everTask.dispatchMany(noop, [1], wrong(options)),
      ]
    ) {
      const error = await assertRejects(dispatch, InvalidArgumentError);
      assertEquals(error.argument, argument);
    }
    assertEquals((await everTask.list()).items, []);
  });
}

Deno.test("every option of dispatch is accepted, also with the value undefined", async () => {
  await using everTask = create({ queues: { email: {} } });
  const options = {
    auditLevel: "None",
    queue: "email",
    priority: 1,
    retry: noRetry(),
    signal: new AbortController().signal,
    delay: 5,
  } as const;
  await everTask.dispatch(noop, 1, { ...options, taskKey: "key" });
  await everTask.dispatchMany(noop, [1], options);
  await everTask.dispatch(noop, 1, { recurring: "* * * * *" });
  const missing = { at: undefined, connection: undefined, queue: undefined, signal: undefined };
  await everTask.dispatch(noop, 1, wrong(missing));
  assertEquals((await everTask.list()).items.length, 4);
});

Deno.test("pause and resume refuse an unknown queue", async () => {
  const database = new MemoryDatabase();
  const storage = () => memoryStorage({ database });
  await using everTask = create({ storage: storage(), queues: { email: {} } });
  for (const set of ["pause", "resume"] as const) {
    const error = await assertRejects(() => everTask.queues[set]("emial"), InvalidArgumentError);
    assertMatch(error.message, /default, recurring, email/);
    await assertRejects(() => everTask.queues[set](wrong(null)), InvalidArgumentError);
  }
  // The queue of another process is known if it has tasks, is paused, or is served.
  await using other = create({ storage: storage() });
  await assertRejects(() => other.queues.pause("email"), InvalidArgumentError);
  const { id } = await everTask.dispatch(noop, 1, { queue: "email" });
  await other.queues.pause("email");
  await everTask.cancel(id);
  await other.queues.resume("email");
  assertEquals(await everTask.queues.list(), []);
  await assertRejects(() => other.queues.pause("email"), InvalidArgumentError);
  await everTask.start();
  await other.queues.pause("email");
  await other.queues.resume("email");
});

Deno.test("dispatchMany rejects a value that is not iterable, and a key or a schedule", async () => {
  await using everTask = create();
  for (const payloads of [undefined, {}, "text"]) {
    await assertRejects(
      () => everTask.dispatchMany(noop, wrong(payloads)),
      InvalidArgumentError,
      "payloads is ",
    );
  }
  for (const options of [{ taskKey: "key" }, { recurring: "* * * * *" }]) {
    await assertRejects(
      () => everTask.dispatchMany(noop, [1, 2], wrong(options)),
      InvalidArgumentError,
      "dispatchMany",
    );
  }
  assertEquals((await everTask.list()).items, []);
});

Deno.test("list rejects an invalid filter", async () => {
  await using everTask = create();
  const filters = [
    null,
    5,
    { status: "Queued" },
    { statuses: "Queued" },
    { statuses: ["queued"] },
    { types: [5] },
    { queues: null },
    { recurring: "yes" },
    { createdFrom: new Date() },
    { createdFrom: NaN },
    { createdBefore: "2026-01-01" },
    { createdBefore: Number.MAX_SAFE_INTEGER },
    { createdFrom: Date.UTC(-4713, 0) },
  ];
  for (const filter of filters) {
    await assertRejects(() => everTask.list(wrong(filter)), InvalidArgumentError, "filter");
  }
  const complete = {
    statuses: ["Queued"],
    types: ["noop"],
    queues: ["default"],
    recurring: false,
    createdFrom: 0,
    createdBefore: 1,
  } as const;
  assertEquals((await everTask.list(complete)).items, []);
});

Deno.test("purge rejects a misspelt policy, which would keep everything", async () => {
  await using everTask = create();
  for (const policy of [undefined, 30, { statusAuditDay: 7 }]) {
    await assertRejects(
      () => everTask.audit.purge(wrong(policy)),
      InvalidArgumentError,
      "retention",
    );
  }
});

Deno.test("subscribe refuses a handler that is not a function, and a filter that matches nothing", async () => {
  await using everTask = create();
  assertThrows(() => everTask.events.subscribe(wrong("x")), InvalidArgumentError, "handler");
  for (const filter of [{ kinds: ["done"] }, { severity: "error" }, { type: "noop" }]) {
    assertThrows(
      () => everTask.events.subscribe(() => {}, wrong(filter)),
      InvalidArgumentError,
      "options.",
    );
  }
});

Deno.test("getByTaskKey rejects an invalid key", async () => {
  await using everTask = create();
  for (const key of [undefined, 5, ""]) {
    await assertRejects(() => everTask.getByTaskKey(wrong(key)), InvalidArgumentError, "taskKey");
  }
});

Deno.test("the error of a storage with undefined options hints at an unset variable", () => {
  for (const make of [postgresStorage, sqliteStorage]) {
    assertThrows(() => make(wrong(undefined)), InvalidArgumentError, "Storage is undefined");
  }
});

Deno.test("a hub rejects a misspelt option, which could be its access token, and an invalid filter", async () => {
  await using everTask = create();
  const wrongOptions = [{ token: "secret" }, { filter: { kinds: ["done"] } }, null];
  for (const options of wrongOptions) {
    assertThrows(() => createMonitorHub(everTask, wrong(options)), InvalidArgumentError);
  }
});
