// Searching and counting: every property of a filter, both orders, and searches that stop early.

import { InvalidArgumentError } from "../../../guards/errors.ts";
import type {
  CountRequest,
  PayloadFilter,
  TaskFilter,
  TaskPageRequest,
} from "../../../storage/queries.ts";
import { expectRejection, expectSame, expectThat, expectValue } from "../expect.ts";
import { day, hour, topic } from "../scene.ts";
import { countAll, expectFound } from "../search.ts";

export const searching = topic("searching", {
  "tasks are found by their ids": async (s) => {
    const [one, two, three] = await s.addMany(3);
    await expectFound(s, { ids: [one!, three!, s.id()] }, [three!, one!], "two of three");
    await expectFound(s, { ids: [] }, [], "none");
    await expectFound(s, { ids: [two!], statuses: ["Failed"] }, [], "none that failed");
  },

  "tasks are found by key and by the beginning of their keys": async (s) => {
    const report = await s.add({ taskKey: "report-7" });
    const reports = await s.add({ taskKey: "report-70%" });
    const other = await s.add({ taskKey: "Report-7" });
    await s.add();
    await expectFound(s, { taskKey: "report-7" }, [report], "by the key");
    await expectFound(s, { taskKey: "report-7 " }, [], "by no other key");
    await expectFound(s, { taskKey: "report-7", types: ["x"] }, [], "by the key and a type");
    await expectFound(s, { taskKeyPrefix: "report-7" }, [reports, report], "by a beginning");
    await expectFound(s, { taskKeyPrefix: "report-70%" }, [reports], "by all of it");
    await expectFound(s, { taskKeyPrefix: "R" }, [other], "case matters");
    for (const pattern of ["%", "_eport", "report-7*", "eport", "[r]"]) {
      await expectFound(s, { taskKeyPrefix: pattern }, [], `${pattern} is not a pattern`);
    }
  },

  "tasks are found by the text of their exception": async (s) => {
    const refused = await s.add();
    const timedOut = await s.add();
    await s.add();
    await s.change(refused, [["Failed", "Error: connection refused (50%_)\n  at connect"]]);
    await s.change(timedOut, [["Pending", "TimeoutError: [connect] timed out"]], { dueInMs: hour });
    const found = (exceptionContains: string, ids: string[]) =>
      expectFound(s, { exceptionContains }, ids, exceptionContains);
    await found("connect", [timedOut, refused]);
    await found("Error: connection", [refused]);
    await found("50%_)\n  at", [refused]);
    await found("[connect]", [timedOut]);
    for (const text of ["Connect", "%", "_onnect", "c*t", "refused  "]) {
      await found(text, text === "%" ? [refused] : []);
    }
    await expectFound(
      s,
      { exceptionContains: "connect", statuses: ["Failed"] },
      [refused],
      "of those that failed",
    );
  },

  "any text is searched for literally": async (s) => {
    const texts = ["O'Neill; --", "a\0b", "\u0010@", "\u001a0000", "\\u0000", "😀", "ä", " end "];
    for (const text of texts) {
      const id = await s.add({ taskKey: `${text}|rest`, type: text, queue: text });
      await s.change(id, [["Failed", `before|${text}|after`]]);
      await expectFound(s, { taskKey: `${text}|rest` }, [id], `the key ${text}`);
      await expectFound(s, { taskKeyPrefix: text }, [id], `the beginning ${text}`);
      await expectFound(s, { exceptionContains: `|${text}|` }, [id], `the exception ${text}`);
      await expectFound(s, { types: [text], queues: [text] }, [id], `the type ${text}`);
    }
  },

  "tasks are found by due instant and last execution": async (s) => {
    const now = await s.add();
    const later = await s.add({ due: { inMs: 2 * day }, status: "WaitingQueue" });
    const ended = await s.add();
    const cancelled = await s.add();
    await s.change(ended, [["Completed", null]], { executionTimeMs: 5 });
    await s.change(cancelled, [["Cancelled", null]]);
    const { dueAt } = await s.row(later);
    const { lastExecutionAt } = await s.row(ended);
    const due = expectValue(dueAt, "it is due");
    const executed = expectValue(lastExecutionAt, "it was executed");
    const cases: [TaskFilter, string[]][] = [
      [{ dueFrom: due }, [later]],
      [{ dueFrom: due + 1 }, []],
      [{ dueBefore: due }, [now]],
      [{ dueBefore: due + 1 }, [later, now]],
      [{ dueFrom: due - day, dueBefore: due }, []],
      [{ dueFrom: due - day, dueBefore: due + 1, queues: ["default"] }, [later]],
      [{ executedFrom: executed }, [ended]],
      [{ executedFrom: executed + 1 }, []],
      [{ executedBefore: executed }, []],
      [{ executedFrom: executed, executedBefore: executed + 1 }, [ended]],
    ];
    for (const [filter, found] of cases) {
      await expectFound(s, filter, found, JSON.stringify(filter));
    }
  },

  "series are found, also together with any other property": async (s) => {
    const first = await s.addSeries({ taskKey: "a-1" });
    await s.add({ taskKey: "a-2" });
    const second = await s.addSeries({ taskKey: "b-1" });
    await expectFound(s, { recurring: true }, [second, first], "all series");
    await expectFound(s, { recurring: true, taskKeyPrefix: "a" }, [first], "by key");
    await expectFound(s, { recurring: false, taskKeyPrefix: "b" }, [], "one-shots by key");
  },

  "tasks are found by a value at a path of their payload": async (s) => {
    const add = (payload: unknown) => s.add({ payload: JSON.stringify(payload) });
    const text = "O'Neill \\ \u0000 \ud800é🙂%_";
    const nested = await add({ customer: { id: 42, name: text }, tags: ["a", "b"] });
    const elsewhere = await add({ other: { id: 42 }, customer: { id: "42", name: `${text}!` } });
    const flat = await add({ "customer": null, ok: true, id: 42 });
    await s.add({ payload: "not JSON: 42 true null" });
    const found = (path: string, equals: PayloadFilter["equals"], ids: string[]) =>
      expectFound(s, { payload: { path, equals } }, ids, `${path} = ${equals}`);
    await found("customer.id", 42, [nested]);
    await found("customer.id", "42", [elsewhere]);
    await found("customer.name", text, [nested]);
    await found("tags.1", "b", [nested]);
    await found("id", 42, [flat]);
    await found("customer", null, [flat]);
    await found("ok", true, [flat]);
    await found("customer.id.x", 42, []);
    await found("__proto__", null, []);
    const filter = { payload: { path: "customer.id", equals: 42 }, statuses: [] };
    await expectFound(s, filter, [], "with another condition");
  },

  "pages and counts by payload reach every match": async (s) => {
    const ids: string[] = [];
    for (let n = 0; n < 12; n++) {
      const payload = n % 3 === 0 ? { a: { n: 7 } } : { b: 7, n };
      const id = await s.add({ payload: JSON.stringify(payload) });
      if (n % 3 === 0) ids.unshift(id);
    }
    await expectFound(s, { payload: { path: "a.n", equals: 7 } }, ids, "four of twelve");
  },

  "a count stops at its cap, and returns where to continue": async (s) => {
    await s.addMany(5);
    const all = await s.storage.count({}, { cap: 5 });
    expectSame(all, { count: 5, next: null }, "five of five");
    const some = await s.storage.count({}, { cap: 3 });
    expectSame(some.count, 3, "three of five");
    const after = expectValue(some.next, "there are more");
    expectSame(await s.storage.count({}, { cap: 3, after }), { count: 2, next: null }, "the rest");
  },

  "a search ends, in one call or in several, even if 10,000 tasks do not match": async (
    s,
  ) => {
    const oldest = await s.add({ type: "rare" });
    await s.addMany(5_100, { auditLevel: "None" });
    await s.addMany(5_100, { auditLevel: "None" });
    const newest = await s.add({ type: "rare" });
    const filter = { types: ["rare"] };
    const first = await s.storage.list(filter);
    expectThat(
      first.next === null || first.incomplete === true,
      "a page that is neither full nor the last one is incomplete",
    );
    await expectFound(s, filter, [newest, oldest], "two of thousands");
    expectSame(await countAll(s, { types: ["send-email"] }, 10_000), 10_200, "all the others");
  },

  "waiting tasks are listed by due instant, over all queues and priorities": async (s) => {
    const dueInMs = [5, 1, 4, 1, 3, 2];
    const queues = ["b", "a", "default", "b", "O'Neill\0", "a"];
    const ids: string[] = [];
    for (const [n, inMs] of dueInMs.entries()) {
      const more = { queue: queues[n]!, priority: n % 3 - 1, type: n % 2 === 0 ? "even" : "odd" };
      ids.push(await s.add({ due: { inMs: inMs * hour }, status: "WaitingQueue", ...more }));
    }
    const series = await s.addSeries({ due: { inMs: 6 * hour }, queue: "a" });
    const ended = await s.add({ queue: "a" });
    await s.change(ended, [["Completed", null]]);
    const newestFirst = [ended, series, ...ids.toReversed()];
    await expectFound(s, {}, newestFirst, "all");
    const some = ids.filter((_, n) => ["a", "b"].includes(queues[n]!)).toReversed();
    await expectFound(s, { queues: ["b", "a", "b"] }, [ended, series, ...some], "of two queues");
    const odd = ids.filter((_, n) => n % 2 === 1).toReversed();
    await expectFound(s, { types: ["odd"] }, odd, "of a type");
    await expectFound(s, { queues: ["none"] }, [], "of a queue without tasks");
    await expectFound(s, { queues: [] }, [], "of no queue");
    const first = await s.storage.list({}, { order: "due", limit: 2 });
    expectSame(first.items.map(({ id }) => id), [ids[1], ids[3]], "the first two");
    await s.unit.passTime(2 * hour);
    const after = expectValue(first.next, "there are more");
    const { items } = await s.storage.list({}, { order: "due", after, limit: 1 });
    expectSame(items.length, 1, "a page after time has passed");
  },

  "an invalid page or count request is rejected": async (s) => {
    const pages = [
      { order: "due", after: "x" },
      { order: "due", after: s.id() },
      { order: "newest", after: `5-${s.id()}` },
      { order: "random" },
      { limit: 0 },
      { after: "x" },
      { misspelt: 1 },
    ];
    for (const page of pages as TaskPageRequest[]) {
      await expectRejection(s.storage.list({}, page), InvalidArgumentError, JSON.stringify(page));
    }
    const counts = [{ cap: 0 }, { cap: 10_001 }, { cap: 1.5 }, {}, { cap: 1, after: "x" }];
    for (const request of counts as CountRequest[]) {
      const what = JSON.stringify(request);
      await expectRejection(s.storage.count({}, request), InvalidArgumentError, what);
    }
  },
});
