// Several real processes on one file.

import { assert, assertEquals } from "@std/assert";
import { deadline, delay } from "@std/async";
import type { WakeSignal } from "../../../src/storage/requests.ts";
import { runCommand } from "../../support/run_command.ts";
import { newTask } from "../../support/new_task.ts";
import { Scratch } from "./support.ts";

const script = new URL("claiming_process.ts", import.meta.url).pathname;
const process = (path: string, job: string) =>
  runCommand(Deno.execPath(), ["run", "-A", script, path, job]);

Deno.test("processes that claim concurrently get each task once", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open();
  const tasks = Array.from({ length: 2000 }, () => newTask());
  await storage.persist(tasks);
  const outputs = await Promise.all([1, 2, 3].map(() => process(scratch.path, "claim-all")));
  const ids = outputs.flatMap(({ stdout }) => stdout.trim().split("\n").filter((id) => id !== ""));
  assertEquals(ids.toSorted(), tasks.map(({ id }) => id).toSorted());
  const { tasksByStatus } = await storage.statistics();
  assertEquals(tasksByStatus.Completed, 2000);
});

Deno.test("the tasks of a process that was killed are found and due again", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open();
  await storage.persist(Array.from({ length: 50 }, () => newTask()));
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, scratch.path, "hold"],
    stdout: "piped",
  });
  const child = command.spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals((await reader.read()).value?.trim(), "50");
  child.kill("SIGKILL");
  await child.status;
  await reader.cancel();

  const here = { id: "01890000-0000-7000-8000-00000000000a", host: "here" };
  await storage.registerWorker(here);
  assertEquals((await storage.heartbeat(here.id, 60_000)).othersLost, false);
  // After the delay, every heartbeat is older than a millisecond. The call renews that of `here`,
  // so only that of the other process is late.
  await delay(2);
  assertEquals((await storage.heartbeat(here.id, 1)).othersLost, true);
  const lost = await storage.releaseLost({
    leaseMs: 1,
    poisonLimit: 5,
    lostReason: "The worker was lost.",
    poisonReason: "Too often.",
  });
  assertEquals(lost.length, 50);
  const { tasksByStatus, queues } = await storage.statistics();
  assertEquals(tasksByStatus.ServiceStopped, 50);
  assertEquals(queues[0]?.due, 50);
});

Deno.test("a task of another process is noticed within about a second", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open();
  const woken = Promise.withResolvers<WakeSignal>();
  const end = storage.onWake(woken.resolve);
  const { stdout } = await process(scratch.path, "persist");
  assertEquals(await deadline(woken.promise, 60_000), { kind: "tasks" });
  assert(await storage.get(stdout.trim()) !== null);
  end();
});
