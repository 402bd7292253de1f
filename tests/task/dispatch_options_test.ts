// Tests options of dispatch at their limits, and the precedence of the dispatch, the task and the
// instance.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { defineTask, InvalidArgumentError } from "../../mod.ts";
import { parsePriority, parseQueueName, parseTaskKey } from "../../src/task/dispatch_options.ts";
import { Fleet } from "../support/fleet.ts";

Deno.test("names and keys have 1 to 200 characters, and priorities are integers of 16 bits", () => {
  const longest = "x".repeat(200);
  for (const name of ["x", longest]) {
    assertEquals([parseQueueName(name, "queue"), parseTaskKey(name)], [name, name]);
  }
  for (const name of ["", `${longest}x`, 5, null]) {
    assertThrows(() => parseQueueName(name, "queue"), InvalidArgumentError, "queue");
    assertThrows(() => parseTaskKey(name), InvalidArgumentError, "taskKey");
  }
  const allowed = [-32_768, -1, 0, 1, 32_767];
  assertEquals(allowed.map((priority) => parsePriority(priority, "priority")), allowed);
  for (const priority of [-32_769, 32_768, 0.5, NaN, "1", null]) {
    assertThrows(() => parsePriority(priority, "priority"), InvalidArgumentError, "priority");
  }
});

Deno.test("at most 20 tags of 1 to 100 characters are kept in order, each once", async () => {
  const longest = "x".repeat(100);
  const most = Array.from({ length: 20 }, (_, n) => `tag ${n}`);
  const kept: [tags: string[], stored: string[]][] = [
    [[], []],
    [["b", "a", "b"], ["b", "a"]],
    [[longest, " "], [longest, " "]],
    [[...most, ...most], most],
    [["\ud800", "\ufffd"], ["\ufffd"]],
  ];
  await using fleet = new Fleet();
  const task = defineTask<null>({ type: "tagged", handle() {} });
  const everTask = fleet.create({ tasks: [task] });
  for (const [tags, stored] of kept) {
    const { id } = await everTask.dispatch(task, null, { tags });
    assertEquals((await everTask.get(id))?.tags, stored);
  }
  const refused: [tags: unknown, argument: string][] = [
    ["tenant:42", "tags"],
    [null, "tags"],
    [[...most, "one more"], "tags"],
    [["a", ""], "tags[1]"],
    [[`${longest}x`], "tags[0]"],
    [[42], "tags[0]"],
  ];
  for (const [tags, argument] of refused) {
    const dispatching = everTask.dispatch(task, null, { tags: tags as string[] });
    const { message } = await assertRejects(() => dispatching, InvalidArgumentError);
    assert(message.startsWith(`${argument} is `), message);
  }
});

Deno.test("the queue and the priority come from the dispatch, otherwise the task, otherwise the defaults", async () => {
  await using fleet = new Fleet();
  const own = defineTask<null>({ type: "own", queue: "mail", priority: 3, handle() {} });
  const plain = defineTask<null>({ type: "plain", handle() {} });
  const everTask = fleet.create({ tasks: [own, plain], queues: { mail: {}, other: {} } });
  const recurring = "0 9 * * *";
  const dispatches = [
    everTask.dispatch(own, null, { queue: "other", priority: -1 }),
    everTask.dispatch(own, null),
    everTask.dispatch(plain, null),
    everTask.dispatch(own, null, { recurring, taskKey: "own" }),
    everTask.dispatch(plain, null, { recurring, taskKey: "plain" }),
    everTask.dispatch(plain, null, {
      recurring: (r) => r.runNow().andThen().everyDay(),
      taskKey: "now",
    }),
  ];
  const found = [];
  for (const dispatched of dispatches) {
    const { queue, priority, status } = (await everTask.get((await dispatched).id))!;
    found.push([queue, priority, status]);
  }
  assertEquals(found, [
    ["other", -1, "Queued"],
    ["mail", 3, "Queued"],
    ["default", 0, "Queued"],
    ["mail", 3, "WaitingQueue"],
    ["recurring", 0, "WaitingQueue"],
    ["recurring", 0, "Queued"],
  ]);
});
