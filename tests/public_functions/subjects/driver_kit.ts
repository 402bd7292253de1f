// Describes the functions and classes of the kit for drivers.

import * as kit from "../../../src/storage/mod.ts";
import {
  anything,
  object,
  optional,
  optionalOptions,
  options,
  type Subjects,
  takes,
} from "../shapes.ts";

const list = takes(["a"]);
const keyOf = takes(() => "a");
const number = takes(5);
const change = object({
  taskId: anything("a"),
  transitions: takes([{ status: "Completed", exception: null, agoMs: 0 }]),
});
const taskId = "01900000-0000-7000-8000-000000000001";
const page = optionalOptions({ limit: number, after: anything(taskId) });
const pageAfter = (after: string) => optionalOptions({ limit: anything(5), after: takes(after) });

/** A store without rows, which can be copied. */
const emptyStore = {
  workers: () => Promise.resolve([]),
  copying: {
    exportTasks: () => Promise.resolve([]),
    importTasks: () => Promise.resolve(),
    exportSettings: () =>
      Promise.resolve({ pausedQueues: [], rateLimits: [], actions: [], failureGroups: [] }),
    importSettings: () => Promise.resolve(),
  },
};

const activityRequest = options({
  from: number,
  to: number,
  stepMs: takes(60_000),
  by: takes(["type"]),
});
const failurePage = pageAfter("5-0123456789abcdef");
const failureSpan = optionalOptions({ from: number, to: number, stepMs: takes(3_600_000) });

/** A storage that applies every change. */
const storage = {
  setStatusMany: () => Promise.resolve([{ applied: true }]),
  updateCurrentRunMany: () => Promise.resolve([{ applied: true }]),
};

const wish = {
  emissionIntervalMs: number,
  burst: takes(1),
  startEmpty: takes(false),
  horizonMs: number,
  reservedAt: takes(null, "null", "number"),
  graceMs: number,
  startWithinMs: number,
};

const id = takes("a");
const bookArguments = {
  watch: [object({ id, parameters: takes(true), forMs: number }), number],
  unwatch: [id],
  watchers: [number],
  publish: [
    object({
      ...{ writerId: id, since: number, upTo: number, host: id },
      ...{ workerId: takes(null, "null", "text"), events: id },
    }),
    number,
  ],
  read: [
    object({ after: takes(new Map(), "exotic"), exceptFrom: id, limit: number }),
    number,
  ],
  sweep: [number],
};

export const kitSubjects: Subjects = {
  activityColumns: "constant",
  OpenOnce: [{
    call: (...args) => Reflect.construct(kit.OpenOnce, args),
    args: [options({
      what: takes("example storage"),
      open: takes(() => Promise.resolve({})),
      close: takes(() => {}),
    })],
  }],
  EventBook: (["watch", "unwatch", "watchers", "publish", "read", "sweep"] as const).map((
    name,
  ) => ({
    name,
    call: (...args) => Reflect.apply(kit.EventBook.prototype[name], new kit.EventBook(), args),
    args: bookArguments[name],
  })),
  RateBook: [
    {
      name: "take",
      call: (...args) => Reflect.apply(kit.RateBook.prototype.take, new kit.RateBook(), args),
      args: [takes("key"), number, object(wish)],
    },
    {
      name: "giveBack",
      call: (...args) => Reflect.apply(kit.RateBook.prototype.giveBack, new kit.RateBook(), args),
      args: [takes("key"), number],
    },
    {
      name: "list",
      call: (...args) => Reflect.apply(kit.RateBook.prototype.list, new kit.RateBook(), args),
      args: [pageAfter("a key"), number],
    },
  ],
  ReportBook: [
    {
      name: "report",
      call: (...args) => Reflect.apply(kit.ReportBook.prototype.report, new kit.ReportBook(), args),
      args: [
        options({
          source: takes("a"),
          version: takes("2.4.1", "null", "text"),
          activity: takes([]),
          failures: takes([]),
          retention: anything(null),
        }),
        number,
      ],
    },
    {
      name: "activity",
      call: (...args) =>
        Reflect.apply(kit.ReportBook.prototype.activity, new kit.ReportBook(), args),
      args: [activityRequest],
    },
    {
      name: "failureGroups",
      call: (...args) =>
        Reflect.apply(kit.ReportBook.prototype.failureGroups, new kit.ReportBook(), args),
      args: [failurePage, failureSpan],
    },
  ],
  checkActivityRequest: [{
    call: (...args) => Reflect.apply(kit.checkActivityRequest, null, args),
    args: [activityRequest],
  }],
  rateLimitPage: [{
    call: (...args) => Reflect.apply(kit.rateLimitPage, null, args),
    args: [pageAfter("a key")],
  }],
  failurePage: [{
    call: (...args) => Reflect.apply(kit.failurePage, null, args),
    args: [failurePage, failureSpan],
  }],
  byLock: [{ call: (...args) => Reflect.apply(kit.byLock, null, args), args: [list, keyOf] }],
  decodeProcess: [{
    call: (...args) => Reflect.apply(kit.decodeProcess, null, args),
    args: [anything(null)],
  }],
  decodeServes: [{
    call: (...args) => Reflect.apply(kit.decodeServes, null, args),
    args: [anything(null)],
  }],
  encodeServes: [{
    call: (...args) => Reflect.apply(kit.encodeServes, null, args),
    args: [
      optional(options({ queues: takes([]), types: list })),
      optional(
        options({
          version: takes("1.2.3"),
          applicationVersion: takes("2.4.1", "null", "text"),
          runtime: takes("Deno/2"),
          pid: takes(17, "null", "number"),
        }),
      ),
    ],
  }],
  faultOf: [{
    call: (...args) => Reflect.apply(kit.faultOf, null, args),
    args: [takes(new Map(), "exotic"), anything("57P04"), anything("57")],
  }],
  inLockOrder: [{
    call: (...args) => Reflect.apply(kit.inLockOrder, null, args),
    args: [list, keyOf, takes((items: readonly unknown[]) => Promise.resolve(items))],
  }],
  lastTransition: [{
    call: (...args) => Reflect.apply(kit.lastTransition, null, args),
    args: [change],
  }],
  allDone: "constant",
  nothingEdited: [{
    call: (...args) => Reflect.apply(kit.nothingEdited, null, args),
    args: [object({ edits: list })],
  }],
  progressOf: [{
    call: (...args) => Reflect.apply(kit.progressOf, null, args),
    args: [object({ edits: anything([]) }), list],
  }],
  payloadPart: [{
    call: (...args) => Reflect.apply(kit.payloadPart, null, args),
    args: [object({})],
  }],
  hasPayload: [{
    call: (...args) => Reflect.apply(kit.hasPayload, null, args),
    args: [object({}), anything("{}")],
  }],
  matchingPage: [{
    call: (...args) => Reflect.apply(kit.matchingPage, null, args),
    args: [anything({ items: [], next: null }), object({})],
  }],
  countPage: [{
    call: (...args) => Reflect.apply(kit.countPage, null, args),
    args: [object({ cap: number }), takes(() => ({ items: [], next: null }))],
  }],
  nothingPurged: "constant",
  unfinishedPurge: "constant",
  purgeProgress: [{
    call: (...args) => Reflect.apply(kit.purgeProgress, null, args),
    args: [object({
      ...{ statusAudit: number, runsAudit: number, executionLog: number },
      ...{ tasks: number, operatorActions: number },
    })],
  }],
  taskVersion: [{
    call: (...args) => Reflect.apply(kit.taskVersion, null, args),
    args: [object({ status: anything("Queued") }), number],
  }],
  notOpen: [{
    call: (...args) => Reflect.apply(kit.notOpen, null, args),
    args: [takes("storage")],
  }],
  pageLimit: [{ call: (...args) => Reflect.apply(kit.pageLimit, null, args), args: [page] }],
  pageStart: [{
    call: (...args) => Reflect.apply(kit.pageStart, null, args),
    args: [pageAfter("5")],
  }],
  historyPageStart: [{
    call: (...args) => Reflect.apply(kit.historyPageStart, null, args),
    args: [pageAfter("5")],
  }],
  countStart: [{
    call: (...args) => Reflect.apply(kit.countStart, null, args),
    args: [options({ cap: number, after: optional(takes(taskId)) })],
  }],
  readsInVain: [{
    call: (...args) => Reflect.apply(kit.readsInVain, null, args),
    args: [object({ types: anything(["a"]) })],
  }],
  mostRead: [{
    call: (...args) => Reflect.apply(kit.mostRead, null, args),
    args: [object({ types: anything(["a"]) })],
  }],
  tagToRead: [{
    call: (...args) => Reflect.apply(kit.tagToRead, null, args),
    args: [object({ tags: anything(["a"]) })],
  }],
  tableNames: "constant",
  creationOf: [{
    call: (...args) => Reflect.apply(kit.creationOf, null, args),
    args: [anything(null)],
  }],
  duePageStart: [{
    call: (...args) => Reflect.apply(kit.duePageStart, null, args),
    args: [
      options({
        order: takes("due"),
        limit: optional(number),
        after: optional(takes(`5-${taskId}`)),
      }),
    ],
  }],
  toDuePage: [{
    call: (...args) => Reflect.apply(kit.toDuePage, null, args),
    args: [list, number, takes(null, "null", "object")],
  }],
  taskPageStart: [{
    call: (...args) => Reflect.apply(kit.taskPageStart, null, args),
    args: [optionalOptions({ limit: number, after: takes(taskId), order: takes("newest") })],
  }],
  toPartialCount: [{
    call: (...args) => Reflect.apply(kit.toPartialCount, null, args),
    args: [list, number, takes(() => taskId), anything(null)],
  }],
  toTaskPage: [{
    call: (...args) => Reflect.apply(kit.toTaskPage, null, args),
    args: [list, number, takes(() => ({ id: taskId })), anything(null)],
  }],
  purgeInBatches: [{
    call: (...args) => Reflect.apply(kit.purgeInBatches, null, args),
    args: [
      number,
      number,
      takes(() => Promise.resolve({ ...kit.nothingPurged, done: true })),
    ],
  }],
  copyStore: [{
    call: (...args) => Reflect.apply(kit.copyStore, null, args),
    args: [options({
      from: takes(emptyStore),
      to: takes(emptyStore),
      resume: optional(takes(false)),
      follow: optional(takes(false)),
      onProgress: optional(takes(() => {})),
      signal: optional(takes(new AbortController().signal, "exotic")),
      clock: optional(object({ setTimer: takes(() => () => {}) })),
    })],
  }],
  toCopiedTask: [{
    call: (...args) => Reflect.apply(kit.toCopiedTask, null, args),
    args: [object({ id: takes("a"), workerId: anything(null), series: anything(null) })],
  }],
  putsInLine: [{ call: (...args) => Reflect.apply(kit.putsInLine, null, args), args: [change] }],
  reportsStart: [{
    call: (...args) => Reflect.apply(kit.reportsStart, null, args),
    args: [change],
  }],
  setStatusByMany: [{
    call: (...args) => Reflect.apply(kit.setStatusByMany, null, args),
    args: [
      object({ setStatusMany: takes(storage.setStatusMany) }),
      anything("a"),
      anything("Completed"),
      anything(null),
      anything("Full"),
      optional(object({ agoMs: anything(5) })),
    ],
  }],
  toPage: [{
    call: (...args) => Reflect.apply(kit.toPage, null, args),
    args: [list, number, takes(() => "item"), takes(() => "cursor")],
  }],
  updateCurrentRunByMany: [{
    call: (...args) => Reflect.apply(kit.updateCurrentRunByMany, null, args),
    args: [
      object({ updateCurrentRunMany: takes(storage.updateCurrentRunMany) }),
      anything("a"),
      anything(5),
      anything(null),
      anything("Full"),
      optional(object({ agoMs: anything(5) })),
    ],
  }],
};
