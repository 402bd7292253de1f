// Captured log lines.

import type { LogLevel } from "../../../storage/records.ts";
import { expectNear, expectSame } from "../expect.ts";
import { allPages, hour, logLine, topic } from "../scene.ts";

export const executionLogs = topic("execution logs", {
  "lines are returned with their number, level, time and error": async (s) => {
    const id = await s.add();
    const levels: LogLevel[] = ["Trace", "Debug", "Information", "Warning", "Error", "Critical"];
    await s.storage.saveExecutionLogs(levels.map((level, n) => (
      logLine(id, `line ${n}`, {
        level,
        exception: n > 3 ? "it broke" : null,
        run: n < 4 ? 1 : 2 ** 40,
        agoMs: (6 - n) * hour,
      })
    )));
    const { items, next } = await s.storage.executionLogs(id);
    const now = await s.now();
    expectSame(next, null, "one page");
    for (const [n, { loggedAt, ...item }] of items.entries()) {
      const exception = n > 3 ? "it broke" : null;
      const expected = {
        taskId: id,
        level: levels[n]!,
        message: `line ${n}`,
        exception,
        run: n < 4 ? 1 : 2 ** 40,
        sequence: n + 1,
      };
      expectSame(item, expected, `line ${n}`);
      expectNear(loggedAt, now - (6 - n) * hour, `line ${n}'s time`);
    }
    expectSame(items.length, 6, "all lines");
  },

  "numbers continue across calls, separately for each task": async (s) => {
    const [a, b] = await s.addMany(2);
    await s.storage.saveExecutionLogs([logLine(a!, "a1"), logLine(b!, "b1"), logLine(a!, "a2")]);
    await s.storage.saveExecutionLogs([logLine(b!, "b2"), logLine(a!, "a3")]);
    const found = async (id: string) =>
      (await s.storage.executionLogs(id)).items.map((item) => `${item.sequence} ${item.message}`);
    expectSame(await found(a!), ["1 a1", "2 a2", "3 a3"], "the first task's");
    expectSame(await found(b!), ["1 b1", "2 b2"], "the second task's");
  },

  "the lines of a run are counted among the task's last lines, up to a limit": async (
    s,
  ) => {
    const id = await s.addSeries();
    const other = await s.add();
    const count = (run: number, limit: number) => s.storage.countExecutionLogs(id, run, limit);
    expectSame([await count(1, 10), await count(2, 10)], [0, 0], "before any line");
    const linesOf = (run: number, lines: number) =>
      Array.from({ length: lines }, (_, n) => logLine(id, `run ${run}, line ${n}`, { run }));
    await s.storage.saveExecutionLogs([...linesOf(1, 4), logLine(other, "another task's")]);
    expectSame([await count(1, 10), await count(1, 3), await count(2, 10)], [4, 3, 0], "one run");
    await s.storage.saveExecutionLogs([...linesOf(2, 2), logLine(other, "another task's")]);
    expectSame([await count(2, 10), await count(2, 1), await count(3, 10)], [2, 1, 0], "the next");
    await s.storage.saveExecutionLogs(linesOf(2, 3));
    expectSame([await count(2, 1e9), await count(2, 5)], [5, 5], "its next attempt");
    expectSame(await s.storage.countExecutionLogs(s.id(), 1, 10), 0, "of an unknown task");
  },

  "lines of unknown tasks are not stored": async (s) => {
    const id = await s.add();
    await s.storage.saveExecutionLogs([
      logLine(s.id(), "lost"),
      logLine(id, "kept"),
      logLine(s.id(), "lost"),
    ]);
    await s.storage.saveExecutionLogs([]);
    expectSame((await s.storage.executionLogs(id)).items.length, 1, "the others are kept");
    expectSame((await s.historyRows())[2], 1, "nothing else is stored");
  },

  "a thousand lines are stored in one call, and read in pages": async (s) => {
    const id = await s.add();
    await s.storage.saveExecutionLogs(
      Array.from({ length: 1000 }, (_, n) => logLine(id, `line ${n}`)),
    );
    const { items, pages } = await allPages((page) => s.storage.executionLogs(id, page), 300);
    expectSame(items.map((item) => item.sequence), items.map((_, n) => n + 1), "in order");
    expectSame([items.length, pages], [1000, 4], "all of them");
    const last = await s.storage.executionLogs(id, { limit: 2, order: "newest" });
    expectSame(last.items, items.slice(-2).reverse(), "the last two");
  },

  "lines that processes log concurrently for one task get different numbers": async (s) => {
    const id = await s.add();
    const other = await s.unit.another();
    await Promise.all(
      Array.from(
        { length: 20 },
        (_, n) =>
          (n % 2 ? other : s.storage).saveExecutionLogs([
            logLine(id, `x${n}`),
            logLine(id, `y${n}`),
          ]),
      ),
    );
    const { items } = await s.storage.executionLogs(id, { limit: 1000 });
    expectSame(
      items.map((item) => item.sequence),
      Array.from({ length: 40 }, (_, n) => n + 1),
      "no gap, no repetition",
    );
  },
});
