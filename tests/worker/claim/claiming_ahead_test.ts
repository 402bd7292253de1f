// Tests claims that are sent before the previous claim is answered.

import { assertEquals } from "@std/assert";
import { type AnyTask, defineTask, type EverTask } from "../../../mod.ts";
import type { ClaimRequest } from "../../../src/storage/mod.ts";
import { StoredBacklog } from "../../../src/worker/claim/stored_backlog.ts";
import { Faults, type Verb } from "../../support/faulty_storage.ts";
import { Fleet, gate } from "../../support/fleet.ts";

/**
 * Dispatches a backlog of 12 tasks, and returns options for a worker that prefetches four, and that
 * also runs the tasks of the definitions `more`.
 */
async function backlog(fleet: Fleet, ...more: AnyTask[]) {
  const runs: number[] = [];
  const task = defineTask<number>({ type: "task", handle: (number) => void runs.push(number) });
  const tasks = [task, ...more];
  const queues = { default: { parallelism: 2 }, slow: { parallelism: 1 } };
  const web = fleet.create({ tasks, queues });
  await web.dispatchMany(task, Array.from({ length: 12 }, (_, number) => number));
  const faults = new Faults();
  const worker = { tasks, queues, wrap: faults.wrap };
  return { runs, faults, worker, web, task };
}

const everyRun = Array.from({ length: 12 }, (_, number) => number);

Deno.test("during a backlog, a second claim is sent before the first is answered, but no third", async () => {
  await using fleet = new Fleet();
  const { runs, faults, worker, web, task } = await backlog(fleet);
  const { opened, open } = gate();
  const limits: number[] = [];
  faults.rule = (verb, [request]) => {
    if (verb !== "claim") return null;
    limits.push((request as { queues: { limit: number }[] }).queues[0]!.limit);
    return limits.length === 1 ? null : { until: opened };
  };
  await fleet.start(worker);
  assertEquals([limits, runs.length], [[4, 2, 2], 4]);
  await web.dispatch(task, 12); // wakes the worker
  await fleet.settle();
  assertEquals(limits, [4, 2, 2]);
  open();
  await fleet.passUntil(() => runs.length === 13);
  assertEquals(runs, [...everyRun, 12]);
});

Deno.test("tasks are given back as unknown only when no claim is in progress", async () => {
  await using fleet = new Fleet();
  const { runs, faults, worker } = await backlog(fleet);
  const { opened, open } = gate();
  let claims = 0;
  faults.rule = (verb) => {
    if (verb !== "claim") return null;
    claims++;
    if (claims === 2) return { heldUntil: Promise.resolve(), losesAnswer: true };
    return claims === 3 ? { until: opened } : null;
  };
  await fleet.start(worker);
  await fleet.pass(5_000, 500);
  assertEquals([claims, faults.calls.get("releaseUnknown")], [3, undefined]);
  open();
  await fleet.passUntil(() => runs.length >= 12);
  await fleet.pass(60_000, 1_000);
  assertEquals(runs.toSorted((a, b) => a - b), everyRun);
});

for (const unanswered of ["claim", "releaseUnknown"] as const) {
  Deno.test(`a worker that lost its leases while it waited for an answer to ${unanswered} gives nothing back and claims nothing under its old id`, async () => {
    await using fleet = new Fleet();
    const work = gate();
    const attempts: number[] = [];
    const slow = defineTask<null>({
      type: "slow",
      queue: "slow",
      handle(_, { attempt }) {
        attempts.push(attempt);
        return work.opened;
      },
    });
    const { faults, worker, web } = await backlog(fleet, slow);
    const [carriedOut, answered] = [gate(), gate()];
    let claims = 0;
    let isOutage = false;
    let everTask: EverTask | null = null;
    const late: Verb[] = [];
    faults.rule = (verb, [request]) => {
      if (verb === "heartbeat" && isOutage) return { at: "before" };
      const workerId = verb === "claim" ? (request as ClaimRequest).workerId : request;
      const isOurs = everTask === null || workerId === everTask.workerId;
      if (["claim", "releaseUnknown"].includes(verb) && !isOurs) late.push(verb);
      if (verb === unanswered && verb === "releaseUnknown") return { until: answered.opened };
      if (verb !== "claim") return null;
      claims++;
      if (claims === 2) return { heldUntil: carriedOut.opened, losesAnswer: true };
      return unanswered === "claim" && claims === 3 ? { until: answered.opened } : null;
    };
    everTask = await fleet.start({ ...worker, leaseDuration: 15_000 });
    const { id } = await everTask.dispatch(slow, null);
    await fleet.settle();
    assertEquals([claims >= 3, attempts], [true, [1]]);
    carriedOut.open();
    isOutage = true;
    await fleet.passUntil(() => everTask!.workerId === null, 500);
    isOutage = false;
    answered.open();
    await fleet.passUntil(() => attempts.length === 2, 500);
    work.open();
    await fleet.settle();
    const { lostCount } = (await web.get(id))!;
    assertEquals({ late, attempts, lostCount }, { late: [], attempts: [1, 2], lostCount: 1 });
  });
}

Deno.test("a stop unregisters the worker only after the claim that was sent ahead is answered", async () => {
  await using fleet = new Fleet();
  const { faults, worker, web } = await backlog(fleet);
  const [first, ahead] = [gate(), gate()];
  let claims = 0;
  faults.rule = (verb) => {
    if (verb !== "claim" || ++claims === 1) return null;
    return { until: claims === 2 ? first.opened : ahead.opened };
  };
  const everTask = await fleet.start(worker);
  const stop = fleet.stop(everTask);
  first.open();
  await fleet.settle();
  const unregisteredEarly = faults.calls.get("unregisterWorker");
  ahead.open();
  await stop;
  const held = (await web.list()).items.filter(({ workerId }) => workerId !== null);
  assertEquals([unregisteredEarly, held.length, claims], [undefined, 0, 3]);
});

Deno.test("a backlog is long while claims return the requested number, and a change during a claim is kept", () => {
  const backlog = new StoredBacklog();
  const state = () => [backlog.mayHaveMore, backlog.isLong, backlog.claiming];
  assertEquals(state(), [true, false, 0]);
  backlog.claimSent(4);
  assertEquals(state(), [false, false, 4]);
  backlog.claimAnswered(4, 4);
  assertEquals(state(), [true, true, 0]);
  backlog.claimSent(4);
  backlog.claimSent(2);
  assertEquals(state(), [true, true, 6]);
  backlog.recheck();
  backlog.claimAnswered(4, 3);
  assertEquals(state(), [true, false, 2], "a task became due since the claims were sent");
  backlog.claimAnswered(2, 0);
  backlog.claimSent(6);
  backlog.claimAnswered(6, 0);
  assertEquals(state(), [false, false, 0], "nothing became due during the last claim");
  backlog.claimSent(6);
  backlog.claimFailed(6);
  assertEquals(state(), [true, false, 0]);
});
