// Tags: stored, read, searched for, replaced and deleted with their task.

import { expectSame } from "../expect.ts";
import { day, minute, series, topic } from "../scene.ts";
import { expectFound } from "../search.ts";

export const tags = topic("tags", {
  "a task keeps its tags, in their order": async (s) => {
    const tagged = await s.add({ tags: ["tenant:42", "b", "a"] });
    const plain = await s.add();
    expectSame((await s.row(tagged)).tags, ["tenant:42", "b", "a"], "as they were given");
    expectSame((await s.row(plain)).tags, [], "a task without tags");
    const most = Array.from({ length: 20 }, (_, n) => `${n}`.padEnd(100, "x"));
    expectSame((await s.row(await s.add({ tags: most }))).tags, most, "20 of 100 characters");
  },

  "a search by tags finds the tasks that have all of the tags": async (s) => {
    const both = await s.add({ tags: ["tenant:1", "import"] });
    const one = await s.add({ tags: ["tenant:1"] });
    await s.add({ tags: ["tenant:10"] });
    await s.add();
    const late = await s.add({ tags: ["import", "tenant:1"], type: "other" });
    await expectFound(s, { tags: ["tenant:1"] }, [late, one, both], "by one tag");
    await expectFound(s, { tags: ["tenant:1", "import"] }, [late, both], "by two");
    await expectFound(s, { tags: ["tenant:1"], types: ["other"] }, [late], "and by type");
    await expectFound(s, { tags: ["import"], ids: [one, both] }, [both], "and by id");
    await expectFound(s, { tags: ["import"], recurring: true }, [], "but no series");
    for (const tag of ["tenant", "Tenant:1", "tenant:1 ", "%"]) {
      await expectFound(s, { tags: [tag] }, [], `none has the tag ${tag}`);
    }
    await expectFound(s, { tags: ["tenant:1", "none"] }, [], "not all of them");
  },

  "a tag may be any text": async (s) => {
    for (const tag of ["O'Neill; --", "a\0b", "\u0010@", "\u001a0000", "\\u0000", "😀", " end "]) {
      const id = await s.add({ tags: [tag, "also"] });
      await s.add({ tags: ["also"] });
      expectSame((await s.row(id)).tags, [tag, "also"], tag);
      await expectFound(s, { tags: [tag] }, [id], `the tag ${tag}`);
      await expectFound(s, { tags: ["also", tag] }, [id], `the tag ${tag}, second`);
    }
  },

  "a repeated write leaves the tags unchanged": async (s) => {
    const task = s.task({ tags: ["first"] });
    await s.persist(task);
    await s.persist({ ...task, tags: ["second"] });
    expectSame((await s.row(task.id)).tags, ["first"], "after the second write");
    await expectFound(s, { tags: ["first"] }, [task.id], "by the first");
    await expectFound(s, { tags: ["second"] }, [], "by the second");
  },

  "a dispatch that updates a waiting task replaces its tags": async (s) => {
    const taskKey = "nightly";
    const id = await s.add({ taskKey, tags: ["old", "kept"] });
    await s.persist(s.task({ taskKey, tags: ["kept", "new"] }));
    expectSame((await s.row(id)).tags, ["kept", "new"], "replaced");
    await expectFound(s, { tags: ["old"] }, [], "by the old one");
    await expectFound(s, { tags: ["kept"] }, [id], "by the one that stayed");
    await expectFound(s, { tags: ["new"] }, [id], "by the new one");
    await s.persist(s.task({ taskKey }));
    expectSame((await s.row(id)).tags, [], "removed");
    await expectFound(s, { tags: ["kept"] }, [], "by none");
  },

  "a series and a task that has ended keep their tags": async (s) => {
    const recurring = await s.addSeries({ tags: ["shop"] }, series({ maxRuns: 9 }));
    await s.storage.updateCurrentRun(recurring, 1, await s.now() + minute, "Full");
    const { id, lease } = await s.claimed({ tags: ["shop"] });
    await s.change(id, ["Completed"], { lease, executionTimeMs: 1 });
    await expectFound(s, { tags: ["shop"] }, [id, recurring], "both");
    await expectFound(s, { tags: ["shop"], recurring: true }, [recurring], "the series");
    await expectFound(s, { tags: ["shop"], statuses: ["Completed"] }, [id, recurring], "ended");
  },

  "the tags of a deleted task are deleted": async (s) => {
    const { id, lease } = await s.claimed({ tags: ["shop", "a\0b"] });
    await s.change(id, ["Completed"], { lease, executionTimeMs: 1 });
    const stays = await s.add({ tags: ["shop"] });
    await s.unit.passTime(2 * day);
    const policy = { statusAuditDays: 1, deleteCompletedTasksAfterRetention: true };
    const { tasks } = await s.storage.purge(policy, { budget: 1000 });
    expectSame(tasks, 1, "the task that has ended is deleted");
    await expectFound(s, { tags: ["shop"] }, [stays], "the one that waits");
    await expectFound(s, { tags: ["a\0b"] }, [], "none");
  },

  "a search by tag ends even if thousands of tasks have the tag": async (s) => {
    const oldest = await s.add({ tags: ["many", "few"] });
    await s.addMany(5_100, { auditLevel: "None", tags: ["many"] });
    await s.addMany(5_100, { auditLevel: "None", tags: ["many"] });
    const newest = await s.add({ tags: ["many", "few"] });
    await expectFound(s, { tags: ["many", "few"] }, [newest, oldest], "two of thousands");
    const { count } = await s.storage.count({ tags: ["many"] }, { cap: 10_000 });
    expectSame(count, 10_000, "of one tag");
  },
});
