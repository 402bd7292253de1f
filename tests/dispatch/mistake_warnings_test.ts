// Each likely mistake is warned about once.

import { assertEquals } from "@std/assert";
import { defineTask } from "../../mod.ts";
import { similarName } from "../../src/guards/similar_name.ts";
import { Fleet } from "../support/fleet.ts";

const similar: [name: string, candidates: string[], found: string | null][] = [
  ["emial", ["default", "recurring", "email"], "email"],
  ["Email", ["default", "email"], "email"],
  ["e-mails", ["default", "email", "mailing"], "email"],
  ["defualt", ["default", "recurring"], "default"],
  ["reports", ["default", "recurring"], null],
  ["x", ["default"], null],
  ["", ["default"], null],
  ["default", [], null],
];

for (const [name, candidates, found] of similar) {
  Deno.test(`of ${candidates.join(", ") || "no names"}, the most similar to "${name}" is ${found}`, () => {
    assertEquals(similarName(name, candidates), found);
  });
}

Deno.test("createEverTask warns about a task with an unknown queue", async () => {
  await using fleet = new Fleet();
  const tasks = [
    defineTask<null>({ type: "welcome", queue: "emial", handle() {} }),
    defineTask<null>({ type: "remind", queue: "emial", handle() {} }),
    defineTask<null>({ type: "bill", queue: "billing", handle() {} }),
    defineTask<null>({ type: "send", queue: "email", handle() {} }),
    defineTask<null>({ type: "tick", queue: "recurring", handle() {} }),
    defineTask<null>({ type: "plain", handle() {} }),
  ];
  const everTask = fleet.create({ tasks, queues: { email: {} } });
  const [first, second] = fleet.log;
  assertEquals(fleet.log.length, 2);
  assertEquals(
    first,
    'warn: There is no queue "emial": tasks of type "welcome" go to "default". ' +
      'The most similar one is "email". Add it to the queues of createEverTask, or correct the name.',
  );
  assertEquals(
    second,
    'warn: There is no queue "billing": tasks of type "bill" go to "default". ' +
      "Add it to the queues of createEverTask, or correct the name.",
  );
  for (const task of tasks) await everTask.dispatch(task, null);
  assertEquals(fleet.log.length, 2, "each warning is logged once");
});

Deno.test("repeated dispatches to an unknown queue are warned about once", async () => {
  await using fleet = new Fleet();
  const task = defineTask<null>({ type: "welcome", handle() {} });
  const everTask = fleet.create({ tasks: [task], queues: { email: {} } });
  assertEquals(fleet.log, []);
  for (let n = 0; n < 3; n++) await everTask.dispatch(task, null, { queue: "mail" });
  assertEquals(fleet.log.length, 1);
  assertEquals(fleet.log[0]!.includes('The most similar one is "email".'), true);
});

Deno.test("names of queues that a program generates fill neither the log nor memory", async () => {
  await using fleet = new Fleet();
  const task = defineTask<null>({ type: "welcome", handle() {} });
  const everTask = fleet.create({ tasks: [task] });
  for (let n = 0; n < 150; n++) await everTask.dispatch(task, null, { queue: `customer-${n}` });
  assertEquals(fleet.log.length, 100);
});

Deno.test("a series without a task key is warned about, once per type; one with a key is not", async () => {
  await using fleet = new Fleet();
  const [tick, tock] = ["tick", "tock"].map((type) => defineTask<null>({ type, handle() {} }));
  const everTask = fleet.create({ tasks: [tick!, tock!] });
  const recurring = "@hourly";
  await everTask.dispatch(tick!, null, { recurring, taskKey: "tick" });
  assertEquals(fleet.log, []);
  for (const task of [tick!, tick!, tock!]) await everTask.dispatch(task, null, { recurring });
  const message = (type: string) =>
    `warn: A series of task "${type}" was dispatched without a taskKey: each start of the program ` +
    "makes another one. Pass a taskKey, under which it is registered once.";
  assertEquals(fleet.log, [message("tick"), message("tock")]);
});
