// Captured log lines.

import type { LogLevel } from "../../../storage/records.ts";
import type { NewLogLine } from "../../../storage/queries.ts";
import { expectNear, expectSame } from "../expect.ts";
import { allPages, hour, topic } from "../scene.ts";

function line(taskId: string, message: string, overrides: Partial<NewLogLine> = {}): NewLogLine {
  return { taskId, message, level: "Information", exception: null, agoMs: 0, ...overrides };
}

export const executionLogs = topic("execution logs", {
  "lines come back numbered, with their level, time and error": async (s) => {
    const id = await s.add();
    const levels: LogLevel[] = ["Trace", "Debug", "Information", "Warning", "Error", "Critical"];
    await s.storage.saveExecutionLogs(levels.map((level, n) => (
      line(id, `line ${n}`, { level, exception: n > 3 ? "it broke" : null, agoMs: (6 - n) * hour })
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
        sequence: n + 1,
      };
      expectSame(item, expected, `line ${n}`);
      expectNear(loggedAt, now - (6 - n) * hour, `line ${n}'s time`);
    }
    expectSame(items.length, 6, "all lines");
  },

  "numbers go on across calls and are each task's own": async (s) => {
    const [a, b] = await s.addMany(2);
    await s.storage.saveExecutionLogs([line(a!, "a1"), line(b!, "b1"), line(a!, "a2")]);
    await s.storage.saveExecutionLogs([line(b!, "b2"), line(a!, "a3")]);
    const found = async (id: string) =>
      (await s.storage.executionLogs(id)).items.map((item) => `${item.sequence} ${item.message}`);
    expectSame(await found(a!), ["1 a1", "2 a2", "3 a3"], "the first task's");
    expectSame(await found(b!), ["1 b1", "2 b2"], "the second task's");
  },

  "lines of unknown tasks are left out": async (s) => {
    const id = await s.add();
    await s.storage.saveExecutionLogs([
      line(s.id(), "lost"),
      line(id, "kept"),
      line(s.id(), "lost"),
    ]);
    await s.storage.saveExecutionLogs([]);
    expectSame((await s.storage.executionLogs(id)).items.length, 1, "the others are kept");
    expectSame((await s.storage.auditGrowth())[2]?.rows, 1, "nothing else is stored");
  },

  "a thousand lines are one call, and have pages": async (s) => {
    const id = await s.add();
    await s.storage.saveExecutionLogs(
      Array.from({ length: 1000 }, (_, n) => line(id, `line ${n}`)),
    );
    const { items, pages } = await allPages((page) => s.storage.executionLogs(id, page), 300);
    expectSame(items.map((item) => item.sequence), items.map((_, n) => n + 1), "in order");
    expectSame([items.length, pages], [1000, 4], "all of them");
  },

  "processes that log for the same task at once get different numbers": async (s) => {
    const id = await s.add();
    const other = await s.unit.another();
    await Promise.all(
      Array.from(
        { length: 20 },
        (_, n) =>
          (n % 2 ? other : s.storage).saveExecutionLogs([line(id, `x${n}`), line(id, `y${n}`)]),
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
