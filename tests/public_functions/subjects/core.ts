// Describes the functions of the package's main module.

import * as core from "../../../mod.ts";
import { systemClock } from "../../../src/storage/mod.ts";
import { memoryStorage } from "../../../drivers/memory/mod.ts";
import {
  allOptional,
  anything,
  duration,
  errorClasses,
  object,
  optional,
  optionalOptions,
  options,
  type Subject,
  type Subjects,
  takes,
} from "../shapes.ts";
import { everTaskMethods } from "./ever_task.ts";

export const noop = core.defineTask<unknown>({ type: "noop", handle() {} });

/** The options of createEverTask. */
export const everTaskOptions = {
  storage: takes(memoryStorage()),
  tasks: takes([noop]),
  ...allOptional({
    defaultAuditLevel: takes("Minimal"),
    queues: object({
      email: options(allOptional({
        parallelism: takes(2),
        capacity: takes(10),
        whenFull: takes("store"),
        timeout: duration,
        retry: takes(core.noRetry()),
      })),
    }),
    retry: takes(core.noRetry()),
    timeout: duration,
    abortGrace: duration,
    logger: takes(core.silentLogger),
    persistentLogs: {
      ...options(allOptional({ minimumLevel: takes("Error"), maxLinesPerRun: takes(5) })),
      kinds: new Set(["object", "boolean"] as const),
    },
    retention: options(allOptional({
      statusAuditDays: takes(5, "number", "null"),
      runsAuditDays: takes(5, "number", "null"),
      errorAuditDays: takes(5, "number", "null"),
      executionLogDays: takes(5, "number", "null"),
      operatorActionDays: takes(5, "number", "null"),
      maxExecutionLogsPerTask: takes(5, "number", "null"),
      deleteCompletedTasksAfterRetention: takes(true),
      every: duration,
    })),
    leaseDuration: duration,
    poisonLimit: takes(3),
    dispatchRetryFor: duration,
    host: takes("host"),
    instrumentation: takes({ dispatch: () => {}, run: () => {} }, "object", "list"),
    clock: takes(systemClock),
    random: takes((bytes: Uint8Array) => bytes),
  }),
};

const task = {
  type: takes("a-task"),
  handle: takes(() => {}),
  ...allOptional({
    handlerName: takes("A task"),
    queue: takes("default"),
    priority: takes(5),
    auditLevel: takes("Full"),
    timeout: duration,
    retry: takes(core.noRetry()),
    rateLimit: options({
      permits: takes(5),
      period: duration,
      ...allOptional({
        burst: takes(2),
        key: takes(() => "key"),
        overflow: takes("Discard"),
        maxReservationHorizon: duration,
        startEmpty: takes(true),
        throttleRetries: takes(true),
        scope: takes("memory"),
      }),
    }),
    payload: takes({ "~standard": { version: 1, vendor: "test", validate: () => ({ value: 1 }) } }),
    onStarted: takes(() => {}),
    onCompleted: takes(() => {}),
    onError: takes(() => {}),
    onRetry: takes(() => {}),
  }),
};

const policies = { linear: core.linearRetry(3, 5), none: core.noRetry() };
const ofPolicy: Readonly<Record<string, Subject>> = {
  nextDelay: {
    call: (...args) => Reflect.apply(policies.linear.nextDelay, policies.linear, args),
    args: [takes(1), anything(new Error()), optional(takes(() => 0))],
  },
  handle: {
    call: (...args) => policies.linear.handle(...args),
    args: [takes(TypeError), optional(takes(RangeError))],
  },
  doNotHandle: {
    call: (...args) => policies.linear.doNotHandle(...args),
    args: [takes(TypeError), optional(takes(RangeError))],
  },
  handleWhen: {
    call: (...args) => Reflect.apply(policies.linear.handleWhen, policies.linear, args),
    args: [takes(() => true)],
  },
};

/** The subjects by the name of the export. */
export const coreSubjects: Subjects = {
  auditLevels: "constant",
  taskStatuses: "constant",
  silentLogger: "constant",
  consoleLogger: "constant",
  createEverTask: [
    { call: (given) => core.createEverTask(given), args: [options(everTaskOptions)] },
    ...everTaskMethods,
  ],
  defineTask: [{ call: (given: never) => core.defineTask(given), args: [object(task)] }],
  exponentialRetry: [{
    call: (given) => core.exponentialRetry(given),
    args: [options({
      retries: takes(3),
      ...allOptional({
        base: duration,
        factor: takes(2),
        max: duration,
        jitter: takes(0.5),
      }),
    })],
  }, ...Object.values(ofPolicy)],
  linearRetry: [{
    call: (...args) => Reflect.apply(core.linearRetry, null, args),
    args: [takes(3), takes([1, 2], "number", "object", "list")],
  }],
  noRetry: [{ call: () => core.noRetry(), args: [] }],
  formatMessage: [{
    call: (...args) => Reflect.apply(core.formatMessage, null, args),
    args: [anything("{a}"), anything({ a: 1 })],
  }],
  isTransientDatabaseError: [{
    call: (error) => core.isTransientDatabaseError(error),
    args: [anything(new Error())],
  }],
  isTransientNetworkError: [{
    call: (error) => core.isTransientNetworkError(error),
    args: [anything(new Error())],
  }],
  stopOnSignals: [{
    call: (...args) => Reflect.apply(core.stopOnSignals, null, args).end(),
    args: [
      takes({ stop: () => Promise.resolve() }),
      takes({ on: () => {}, off: () => {} }),
      optionalOptions({ signals: takes(["SIGTERM"]), timeout: duration }),
    ],
  }],
  ...errorClasses(core),
  RetryLater: [{
    call: (...args) => Reflect.construct(core.RetryLater, args),
    args: [duration, optional(takes("a reason"))],
  }],
};
