// Reading: lists, filters and pages.

import { InvalidArgumentError } from "../../../guards/errors.ts";
import type { HistoryPageRequest, TaskFilter } from "../../../storage/queries.ts";
import { tableNames } from "../../../storage/table_sizes.ts";
import { expectRejection, expectSame, expectThat, expectValue } from "../expect.ts";
import { allPages, day, hour, logLine, type Scene, topic } from "../scene.ts";

async function listIds(s: Scene, filter?: TaskFilter): Promise<string[]> {
  return (await s.storage.list(filter, { limit: 1000 })).items.map((row) => row.id);
}

export const readingAndPaging = topic("reading and paging", {
  "unknown tasks and keys are null, and have no history": async (s) => {
    expectSame(await s.storage.get(s.id()), null, "no task");
    expectSame(await s.storage.getByTaskKey("nobody's"), null, "no key");
    const nothing = { items: [], next: null };
    expectSame(await s.storage.statusAudit(s.id()), nothing, "no status audit");
    expectSame(await s.storage.runsAudit(s.id()), nothing, "no runs audit");
    expectSame(await s.storage.executionLogs(s.id()), nothing, "no log lines");
  },

  "a task is found by its key": async (s) => {
    const id = await s.add({ taskKey: "report-7" });
    expectSame((await s.storage.getByTaskKey("report-7"))?.id, id, "by the key");
    expectSame(await s.storage.getByTaskKey("report-"), null, "by nothing else");
  },

  "tasks are listed newest first, for any order of storing": async (s) => {
    const tasks = Array.from({ length: 7 }, () => s.task());
    const order = [3, 0, 6, 1, 5, 2, 4];
    for (const index of order) await s.persist(tasks[index]!);
    expectSame(await listIds(s), tasks.map((task) => task.id).reverse(), "by id, descending");
  },

  "pages have no gaps and no duplicates": async (s) => {
    const ids = await s.addMany(25);
    for (const limit of [1, 5, 10, 24, 25, 26]) {
      const { items, pages } = await allPages((page) => s.storage.list({}, page), limit);
      expectSame(items.map((row) => row.id), [...ids].reverse(), `pages of ${limit}`);
      expectSame(pages, Math.ceil(25 / limit), `the number of pages of ${limit}`);
    }
    const { items, next } = await s.storage.list();
    expectSame([items.length, next], [25, null], "50 fit by default");
    await s.addMany(30);
    const first = await s.storage.list();
    expectSame(first.items.length, 50, "and no more than 50");
    expectThat(first.next !== null, "the rest is on the next page");
  },

  "new tasks do not shift the pages": async (s) => {
    const ids = (await s.addMany(6)).reverse();
    const first = await s.storage.list({}, { limit: 3 });
    await s.addMany(4);
    const after = expectValue(first.next, "there is a next page");
    const second = await s.storage.list({}, { limit: 3, after });
    expectSame(
      [...first.items, ...second.items].map((row) => row.id),
      ids,
      "no gap, no repetition",
    );
  },

  "all properties of a filter must match": async (s) => {
    const one = await s.add({ type: "a", queue: "x" });
    const two = await s.add({ type: "b", queue: "x" });
    const three = await s.add({ type: "a", queue: "y" });
    const four = await s.addSeries({ type: "b", queue: "y" });
    await s.change(one, ["Completed"]);
    await s.change(two, ["Failed"]);
    const cases: [TaskFilter, string[]][] = [
      [{}, [four, three, two, one]],
      [{ statuses: ["Completed"] }, [one]],
      [{ statuses: ["Completed", "Failed", "Cancelled"] }, [two, one]],
      [{ types: ["a"] }, [three, one]],
      [{ types: ["A"] }, []],
      [{ types: ["a", "b"], queues: ["y"] }, [four, three]],
      [{ queues: ["x"], statuses: ["Failed"] }, [two]],
      [{ recurring: true }, [four]],
      [{ recurring: false, queues: ["y"] }, [three]],
      [{ statuses: [] }, []],
      [{ types: [] }, []],
      [{ queues: [] }, []],
    ];
    for (const [filter, expected] of cases) {
      expectSame(await listIds(s, filter), expected, JSON.stringify(filter));
    }
  },

  "tasks are found by creation time; createdFrom is inclusive, createdBefore exclusive": async (
    s,
  ) => {
    const old = await s.add();
    await s.unit.passTime(2 * day);
    const recent = await s.add();
    const { createdAt } = await s.row(recent);
    expectSame(await listIds(s, { createdFrom: createdAt }), [recent], "from");
    expectSame(await listIds(s, { createdFrom: createdAt + 1 }), [], "after");
    expectSame(await listIds(s, { createdBefore: createdAt }), [old], "before");
    const both = { createdFrom: createdAt - 3 * day, createdBefore: createdAt + 1 };
    expectSame(await listIds(s, both), [recent, old], "both");
  },

  "filtered lists have pages, too": async (s) => {
    const tasks = Array.from({ length: 40 }, (_, n) => s.task({ type: n % 4 ? "a" : "b" }));
    await s.storage.persist(tasks);
    const { items } = await allPages((page) => s.storage.list({ types: ["b"] }, page), 3);
    const expected = tasks.filter((task) => task.type === "b").map((task) => task.id).reverse();
    expectSame(items.map((row) => row.id), expected, "all that match");
  },

  "a task's history has pages, in the order of writing or in its reverse": async (s) => {
    const id = await s.addSeries();
    const other = await s.addSeries();
    for (let n = 0; n < 11; n++) {
      for (const taskId of [id, other]) {
        await s.storage.updateCurrentRun(taskId, n, await s.now() + hour, "Full", {
          exception: `run ${n}`,
        });
      }
    }
    const expected = Array.from({ length: 11 }, (_, n) => `run ${n}`);
    const newest = expected.toReversed();
    for (const limit of [1, 4, 11, 12]) {
      const last = await allPages(
        (page) => s.storage.runsAudit(id, { ...page, order: "newest" }),
        limit,
      );
      expectSame(last.items.map((row) => row.exception), newest, `last runs, pages of ${limit}`);
      expectSame(last.pages, Math.ceil(11 / limit), `the number of pages of ${limit} last runs`);
      const lastChanges = await s.storage.statusAudit(id, { limit, order: "newest" });
      expectSame(
        lastChanges.items.map((row) => row.exception).slice(0, 11),
        newest.slice(0, limit),
        `the last ${limit} changes`,
      );
      const runs = await allPages((page) => s.storage.runsAudit(id, page), limit);
      expectSame(runs.items.map((row) => row.exception), expected, `runs, pages of ${limit}`);
      expectSame(runs.pages, Math.ceil(11 / limit), `the number of pages of ${limit}`);
      const changes = await allPages((page) => s.storage.statusAudit(id, page), limit);
      expectSame(
        changes.items.slice(1).map((row) => row.exception),
        expected,
        `changes, pages of ${limit}`,
      );
      expectThat(changes.items.every((row) => row.taskId === id), "only this task's");
    }
  },

  "history is in the order of writing, not of instants": async (s) => {
    const id = await s.add();
    await s.change(id, [["InProgress", null, 5], ["Pending", "first", 5 * hour]]);
    await s.change(id, [["InProgress", null, 9 * hour]]);
    expectSame(
      await s.statuses(id),
      ["Queued", "InProgress", "Pending: first", "InProgress"],
      "as written",
    );
  },

  "an invalid page request is rejected": async (s) => {
    const id = await s.add();
    const wrong = [{ limit: 0 }, { limit: 1001 }, { limit: 2.5 }, { limit: -1 }, { limit: NaN }, {
      after: "x",
    }, { after: "" }];
    const histories: ((page: HistoryPageRequest) => Promise<unknown>)[] = [
      (page) => s.storage.statusAudit(id, page),
      (page) => s.storage.runsAudit(id, page),
      (page) => s.storage.executionLogs(id, page),
    ];
    const reads: typeof histories = [(page) => s.storage.list({}, page), ...histories];
    for (const page of wrong) {
      for (const read of reads) {
        await expectRejection(
          read(page),
          InvalidArgumentError,
          `${JSON.stringify(page)} is refused`,
        );
      }
    }
    expectSame((await s.storage.list({}, { limit: 1000 })).items.length, 1, "1000 is allowed");
  },

  "the growth of the audit tables is counted": async (s) => {
    const id = await s.addSeries({ auditLevel: "None" });
    const transitions = [0, 1, 2, 3, 4].map((
      n,
    ) => ({ status: "Failed", exception: null, agoMs: n * day } as const)).reverse();
    await s.storage.setStatusMany([{ taskId: id, auditLevel: "Full", transitions }]);
    await s.storage.updateCurrentRun(id, 1, null, "Minimal", { agoMs: hour });
    const [status, runs, logs] = await s.storage.auditGrowth({ exact: true });
    expectSame(
      [status?.table, status?.rows, status?.averageRowsPerDay],
      ["StatusAudit", 5, 5 / 4],
      "status audit: five rows in four days",
    );
    expectSame(status!.lastAt! - status!.firstAt!, 4 * day, "its first and last row");
    expectSame(
      [runs?.table, runs?.rows, runs?.averageRowsPerDay],
      ["RunsAudit", 1, null],
      "runs audit: less than a day",
    );
    expectSame(runs?.firstAt, runs?.lastAt, "its only row");
    expectSame(logs, {
      table: "TaskExecutionLog",
      rows: 0,
      isEstimate: false,
      firstAt: null,
      lastAt: null,
      averageRowsPerDay: null,
    }, "no log lines");
    for (const table of await s.storage.auditGrowth()) {
      const counted = [status, runs, logs].find((one) => one!.table === table.table)!;
      if (!table.isEstimate) expectSame(table, counted, "a store may count without being asked");
    }
  },

  "the sizes of the tables are returned": async (s) => {
    const empty = await s.storage.tableSizes();
    expectSame(empty.map(({ table }) => table), [...tableNames], "each table once, in order");
    await s.addMany(3);
    const id = await s.addSeries({ tags: ["a", "b"] });
    await s.storage.updateCurrentRun(id, 1, null, "Full");
    await s.storage.saveExecutionLogs([logLine(id, "a line"), logLine(id, "another")]);
    const sizes = await s.storage.tableSizes();
    for (const { table, rows, bytes, isEstimate } of sizes) {
      expectThat(rows === null || rows >= 0, `${table}: ${rows} rows`);
      expectThat(bytes === null || bytes >= 0, `${table}: ${bytes} bytes`);
      expectSame(typeof isEstimate, "boolean", table);
    }
    const [tasks, , , , , actions] = sizes;
    expectThat(tasks!.isEstimate || tasks!.rows === 4, `${tasks!.rows} of four tasks`);
    const oldestAt = expectValue(tasks!.oldestAt, "the oldest task");
    expectThat(oldestAt <= await s.now(), "the oldest task is not in the future");
    expectSame(actions!.oldestAt, null, "there is no action");
  },
});
