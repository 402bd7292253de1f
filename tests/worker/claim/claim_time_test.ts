// Tests how many tasks a worker claims where storage is far.

import { assert, assertEquals } from "@std/assert";
import { defineTask } from "../../../mod.ts";
import { ClaimTime } from "../../../src/worker/claim/claim_time.ts";
import { Faults } from "../../support/faulty_storage.ts";
import { Fleet } from "../../support/fleet.ts";

/** Returns the estimate after claims that took these times, in milliseconds. */
function estimates(times: readonly number[]): number[] {
  const claimTime = new ClaimTime();
  let now = 0;
  return times.map((took) => {
    claimTime.answered(now, now += took);
    return claimTime.ms;
  });
}

Deno.test("the duration of a claim is an average, at most three times the distance, and 0 for a near storage", () => {
  const cases: [name: string, times: number[], expected: number[]][] = [
    ["near", [1, 4, 5], [0, 0, 0]],
    ["far", [15, 15, 23], [15, 15, 17]],
    ["far, and a slow server", [15, 95, 95], [15, 30, 30]],
    ["near, with slow claims", [2, 400, 400], [0, 0, 0]],
  ];
  for (const [name, times, expected] of cases) assertEquals(estimates(times), expected, name);
});

/** Runs a backlog where each claim takes `claimMs`. Returns the limits of the claims. */
async function limitsOfClaims(claimMs: number): Promise<number[]> {
  await using fleet = new Fleet();
  let runs = 0;
  const task = defineTask<null>({ type: "task", handle: () => void runs++ });
  const backlog = Array.from({ length: 4_000 }, () => null);
  await fleet.create({ tasks: [task] }).dispatchMany(task, backlog);
  const faults = new Faults();
  const limits: number[] = [];
  faults.rule = (verb, [request]) => {
    if (verb !== "claim") return null;
    const { queues } = request as { queues: { name: string; limit: number }[] };
    const asked = queues.find(({ name }) => name === "default");
    if (asked !== undefined) limits.push(asked.limit);
    return {
      heldUntil: new Promise<void>((resolve) => void fleet.clock.setTimer(resolve, claimMs)),
    };
  };
  const everTask = await fleet.start({
    tasks: [task],
    wrap: faults.wrap,
    queues: { default: { parallelism: 4 } },
  });
  await fleet.passUntil(() => runs === backlog.length, claimMs);
  await fleet.stop(everTask);
  return limits;
}

Deno.test("a worker of a far storage reaches its full speed after few claims", async () => {
  const limits = await limitsOfClaims(40);
  const full = limits.findIndex((limit) => limit >= 500);
  assert(full >= 0 && full <= 6, limits.join(", "));
});
