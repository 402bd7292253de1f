// Tests retry policies that are passed to dispatch.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { defineTask, InvalidArgumentError, linearRetry, noRetry } from "../../../mod.ts";
import { Fleet } from "../../support/fleet.ts";

/** A task that always fails, and its attempts by payload. */
function failing() {
  const attempts = new Map<string, number>();
  const task = defineTask<string>({
    type: "fail",
    handle(name) {
      attempts.set(name, (attempts.get(name) ?? 0) + 1);
      throw new Error("busy");
    },
  });
  return { task, attempts };
}

Deno.test("the retry policy of a dispatch applies in any process, and after a restart", async () => {
  await using fleet = new Fleet();
  const { task, attempts } = failing();
  const web = fleet.create({ tasks: [task] });
  const retry = linearRetry(3, { seconds: 10 });
  const { id } = await web.dispatch(task, "one", { retry });
  await web.dispatchMany(task, ["many", "others"], { retry: noRetry() });
  const first = await fleet.start({ tasks: [task] });
  await fleet.pass(12_000, 1000);
  await fleet.stop(first);
  await fleet.start({ tasks: [task] });
  await fleet.pass(60_000, 1000);
  assertEquals([...attempts], [["one", 4], ["many", 1], ["others", 1]]);
  const record = (await (await fleet.storage()).get(id))!;
  assertEquals([record.status, record.attempt], ["Failed", 4]);
});

Deno.test("a series keeps its retry policy over its runs; dispatching its key again changes it", async () => {
  await using fleet = new Fleet();
  const { task, attempts } = failing();
  const everTask = await fleet.start({ tasks: [task] });
  const options = { recurring: "* * * * *", taskKey: "key" };
  await everTask.dispatch(task, "before", { ...options, retry: linearRetry(1, 1000) });
  await fleet.pass(150_000, 1000);
  assertEquals([...attempts], [["before", 4]]);
  const { outcome } = await everTask.dispatch(task, "after", { ...options, retry: noRetry() });
  assertEquals(outcome, "updated");
  await fleet.pass(120_000, 1000);
  assertEquals([...attempts], [["before", 4], ["after", 2]]);
  await everTask.dispatch(task, "without", options);
  assertEquals((await everTask.getByTaskKey("key"))!.retryPolicy, null);
});

Deno.test("a policy that cannot be stored is rejected, and nothing is stored", async () => {
  await using fleet = new Fleet();
  const { task } = failing();
  const everTask = fleet.create({ tasks: [task] });
  const own = { nextDelay: () => 5 };
  for (const retry of [own, linearRetry(3, 5).handle(TypeError), null, 3]) {
    const options = { retry: retry as ReturnType<typeof noRetry> };
    await assertRejects(() => everTask.dispatch(task, "x", options), InvalidArgumentError, "retry");
    await assertRejects(() => everTask.dispatchMany(task, ["x"], options), InvalidArgumentError);
  }
  assertEquals((await everTask.list()).items, []);
});

Deno.test("a stored policy that this version cannot read is logged, and the task's own applies", async () => {
  await using fleet = new Fleet();
  const { task, attempts } = failing();
  const web = fleet.create({
    tasks: [task],
    wrap: (storage) =>
      new Proxy(storage, {
        get(target, verb) {
          if (verb !== "persist") return Reflect.get(target, verb).bind?.(target);
          return (tasks: readonly object[]) =>
            target.persist(tasks.map((each) => ({ ...each, retryPolicy: "{}" })) as never);
        },
      }),
  });
  await web.dispatch(task, "one");
  await fleet.start({ tasks: [task], retry: linearRetry(1, 5) });
  await fleet.pass(1000, 100);
  assertEquals([...attempts], [["one", 2]]);
  assert(fleet.log.some((line) => line.startsWith("error: The stored retry policy of task")));
});
