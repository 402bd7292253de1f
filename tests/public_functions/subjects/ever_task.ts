// Describes the methods of an instance.

import { createEverTask, defineTask, type EverTask, silentLogger } from "../../../mod.ts";
import { memoryStorage } from "../../../drivers/memory/mod.ts";
import {
  allOptional,
  anything,
  duration,
  instant,
  object,
  optional,
  optionalOptions,
  options,
  type Shape,
  type Subject,
  takes,
} from "../shapes.ts";

const noop = defineTask<unknown>({ type: "noop", handle() {} });
const signal = takes(new AbortController().signal, "exotic");
const id = takes("01900000-0000-7000-8000-000000000001");
const page = optionalOptions({
  limit: takes(10),
  after: takes("01900000-0000-7000-8000-000000000001"),
});
const numberedPage = optionalOptions({ limit: takes(10), after: takes("5") });

/** The options that all dispatches share. */
const common = {
  auditLevel: takes("Full"),
  queue: takes("default"),
  priority: takes(5),
  retry: takes({ nextDelay: () => null, toJSON: () => ({ kind: "none" }) }),
  signal,
  connection: takes(undefined, "undefined"),
};

/** The options that identify an operator. */
const operator = { by: takes("ada"), reason: optional(takes("a reason")) };
const taskOperator = { ...operator, version: optional(takes("1")) };
const bulk = {
  ...operator,
  dryRun: optional(takes(true)),
  after: optional(takes("dry.01900000-0000-7000-8000-000000000001")),
  limit: optional(takes(5)),
};
const someTasks = options({ types: takes(["noop"]) });
const edit = {
  payload: anything(1),
  unchecked: optional(takes(true)),
  queue: optional(takes("default")),
  priority: optional(takes(5)),
  delay: optional(duration),
};

/** One set of options for each of `delay`, `at` and `recurring`, which exclude each other. */
const dispatches: readonly Readonly<Record<string, Shape>>[] = [
  { delay: duration, taskKey: takes("key") },
  { at: instant, taskKey: takes("key") },
  { recurring: takes("* * * * *", "text", "function", "object"), taskKey: takes("key") },
];

const taskPage = optionalOptions({
  limit: takes(10),
  after: takes("01900000-0000-7000-8000-000000000001"),
  order: takes("oldest"),
});
const filter = optionalOptions({
  ids: takes(["01900000-0000-7000-8000-000000000001"]),
  taskKey: takes("key"),
  taskKeyPrefix: takes("k"),
  exceptionContains: takes("refused"),
  dueFrom: takes(0),
  dueBefore: takes(1),
  executedFrom: takes(0),
  executedBefore: takes(1),
  statuses: takes(["Queued"]),
  types: takes(["noop"]),
  queues: takes(["default"]),
  recurring: takes(false),
  createdFrom: takes(0),
  createdBefore: takes(1),
});

/**
 * The arguments of the methods of an instance, by part and method, with one list for each form of
 * call.
 */
export const methods: Readonly<
  Record<string, Readonly<Record<string, readonly (readonly Shape[])[]>>>
> = {
  "": {
    start: [[]],
    dispatch: dispatches.map((timing) => [
      takes(noop),
      takes(1, "undefined", "null", "boolean", "number", "text", "date", "list", "object"),
      optionalOptions({ ...common, ...timing }),
    ]),
    dispatchMany: [[
      takes(noop),
      takes([1], "list", "exotic"),
      optionalOptions({ ...common, delay: duration }),
    ]],
    cancel: [[id]],
    runNow: [[id]],
    get: [[id]],
    getByTaskKey: [[takes("key")]],
    list: [[filter, taskPage]],
    statusAudit: [[id, numberedPage]],
    runsAudit: [[id, numberedPage]],
    executionLogs: [[id, numberedPage]],
    statistics: [[optionalOptions({ exact: takes(true) })]],
    workers: [[optionalOptions({ includeLost: takes(true) })]],
    stop: [[optionalOptions({ timeout: duration })]],
  },
  events: {
    subscribe: [[
      takes(() => {}),
      optionalOptions({
        severity: takes("Error"),
        types: takes(["noop"]),
        kinds: takes(["failed"]),
        scope: takes("store"),
        parameters: takes(true),
      }),
    ]],
    stream: [[
      optionalOptions({
        severity: takes("Error"),
        types: takes(["noop"]),
        kinds: takes(["failed"]),
        scope: takes("process"),
        parameters: takes(true),
      }),
    ]],
  },
  audit: {
    growth: [[]],
    purge: [[
      options(allOptional({
        statusAuditDays: takes(5, "number", "null"),
        runsAuditDays: takes(5, "number", "null"),
        errorAuditDays: takes(5, "number", "null"),
        executionLogDays: takes(5, "number", "null"),
        operatorActionDays: takes(5, "number", "null"),
        maxExecutionLogsPerTask: takes(5, "number", "null"),
        deleteCompletedTasksAfterRetention: takes(true),
      })),
      optionalOptions({ dryRun: takes(true), signal }),
    ]],
  },
  queues: {
    pause: [[takes("default"), optional(options(operator))]],
    resume: [[takes("default"), optional(options(operator))]],
    list: [[]],
    backlog: [[optionalOptions({ cap: takes(5, "number", "undefined") })]],
  },
  recurring: {
    list: [[page]],
    runNow: [[id]],
  },
  operate: {
    explain: [[id]],
    now: [[]],
    nextRuns: [[id, takes(5, "number", "undefined")]],
    workers: [[]],
    queues: [[]],
    sizes: [[]],
    releaseLimit: [[object({ type: takes("a"), key: takes("") }), options(operator)]],
    drainWorker: [[takes("worker"), options(operator)]],
    purge: [[
      options({ statusAuditDays: takes(5, "number") }),
      options({ ...operator, limit: optional(takes(5)) }),
    ]],
    limits: [[optionalOptions({ limit: takes(5), after: takes("key") })]],
    activity: [[
      optionalOptions(allOptional({
        from: takes(new Date()),
        to: takes(new Date()),
        step: takes("hour"),
        by: takes(["type"]),
      })),
    ]],
  },
  "operate.failures": {
    list: [[optionalOptions({ limit: takes(5), after: takes("5-0123456789abcdef") })]],
  },
  "operate.tasks": {
    edit: [[id, options(edit), options(taskOperator)]],
    delete: [[id, options(taskOperator)]],
    retry: [[id, options(taskOperator)]],
    runNow: [[id, options(taskOperator)]],
    cancel: [[id, options(taskOperator)]],
    search: [[filter, taskPage]],
    count: [[filter, optionalOptions({ cap: takes(5) })]],
  },
  "operate.series": {
    pause: [[id, options(taskOperator)]],
    resume: [[id, options(taskOperator)]],
    edit: [[id, takes("* * * * *", "text", "function", "object"), options(taskOperator)]],
    preview: [[
      takes("* * * * *", "text", "function", "object"),
      takes(5, "number", "undefined"),
    ]],
  },
  "operate.bulk": {
    edit: [[someTasks, options({ priority: takes(5) }), options(bulk)]],
    delete: [[someTasks, options(bulk)]],
    retry: [[someTasks, options(bulk)]],
    runNow: [[someTasks, options(bulk)]],
    cancel: [[someTasks, options(bulk)]],
  },
  "operate.actions": {
    list: [[
      optionalOptions({
        by: takes("ada"),
        verbs: takes(["edit"]),
        taskId: id,
        queue: takes("default"),
      }),
      numberedPage,
    ]],
  },
};

/** Returns a part of an instance by its path, such as `operate.tasks`, or itself for "". */
export function partOf(everTask: EverTask, path: string): object {
  const names = path === "" ? [] : path.split(".");
  return names.reduce<object>((owner, name) => Reflect.get(owner, name), everTask);
}

/** Calls a method of a new instance, and stops the instance afterwards. */
function caller(part: string, method: string): Subject["call"] {
  return async (...args) => {
    const everTask = createEverTask({
      storage: memoryStorage(),
      tasks: [noop],
      logger: silentLogger,
    });
    try {
      const owner = partOf(everTask, part);
      const result = await Reflect.apply(Reflect.get(owner, method), owner, args);
      if (typeof result === "function") result();
    } finally {
      await everTask.stop({ timeout: 0 });
    }
  };
}

export const everTaskMethods: readonly Subject[] = Object.entries(methods).flatMap(
  ([part, table]) =>
    Object.entries(table).flatMap(([method, calls]) =>
      calls.map((args) => ({ name: `${part}.${method}`, call: caller(part, method), args }))
    ),
);
