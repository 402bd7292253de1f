// Tests that the times in an audit trail never decrease, for any delay of writes.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { defineTask } from "../../../mod.ts";
import type { TaskStatus } from "../../../src/storage/task_status.ts";
import { transitionsByAge } from "../../../src/worker/attempt/transition_ages.ts";
import type { TimedTransition } from "../../../src/worker/attempt/unwritten_transitions.ts";
import { Faults } from "../../support/faulty_storage.ts";
import { Fleet, gate } from "../../support/fleet.ts";

async function trailOf(fleet: Fleet, id: string) {
  const { items } = await (await fleet.storage()).statusAudit(id, { limit: 100 });
  return items.map(({ newStatus, updatedAt }) => ({ newStatus, updatedAt }));
}

Deno.test("a report that reaches storage late is not followed by an earlier end", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const [work, network] = [gate(), gate()];
  const task = defineTask<null>({ type: "long", handle: () => work.opened });
  const everTask = await fleet.start({ tasks: [task], wrap: faults.wrap });
  faults.rule = (verb) => verb === "setStatusMany" ? { heldUntil: network.opened } : null;
  const { id } = await everTask.dispatch(task, null);
  await fleet.passUntil(() => faults.calls.has("setStatusMany"));
  work.open();
  await fleet.pass(2_000);
  faults.rule = () => null;
  network.open();
  await fleet.pass(1_000);

  const trail = await trailOf(fleet, id);
  assertEquals(trail.map((row) => row.newStatus), ["Queued", "InProgress", "Completed"]);
  const [, started, ended] = trail.map((row) => row.updatedAt);
  assert(ended! >= started!, `it started at ${started} and ended at ${ended}`);
});

/** The instant that storage records, in whole milliseconds. */
function recorded(appliedAt: number, agoMs: number): number {
  return Math.round(Math.floor(appliedAt) - agoMs);
}

function transition(status: TaskStatus, at: number): TimedTransition {
  return { status, exception: null, at, agoMs: 0 };
}

Deno.test("for any delays of two writes, down to parts of a millisecond, the second is not before the first", () => {
  const wait = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 60 }).map((n) => n / 20));
  fc.assert(
    fc.property(fc.array(wait, { minLength: 8, maxLength: 8 }), (waits) => {
      const [start, toHand, toApply, toAnswer, toEnd, toHandEnd, toApplyEnd] = waits as number[];
      const startedAt = 1000 + start!;
      const handedAt = startedAt + toHand!;
      const appliedAt = handedAt + toApply!;
      const storedAt = appliedAt + toAnswer!;
      const endedAt = startedAt + toEnd!; // often before the answer arrives
      const endHandedAt = Math.max(storedAt, endedAt) + toHandEnd!;

      const report = transition("InProgress", startedAt);
      const end = transition("Completed", endedAt);
      const [first] = transitionsByAge({ storedAt: -Infinity }, [report], handedAt);
      const [second] = transitionsByAge({ storedAt }, [end], endHandedAt);
      const from = recorded(appliedAt, first!.agoMs);
      const to = recorded(endHandedAt + toApplyEnd!, second!.agoMs);
      assert(from <= to, `it started at ${from} and ended at ${to}`);
      assert(to >= Math.floor(endedAt), "the recorded end is not before the real end");
    }),
    { numRuns: 2_000 },
  );
});
