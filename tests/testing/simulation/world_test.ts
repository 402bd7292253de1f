import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { drawScenario } from "../../../src/testing/simulation/draw_scenario.ts";
import { formatHistory } from "../../../src/testing/checker/history.ts";
import { playScenario } from "../../../src/testing/simulation/world.ts";
import { memoryStore } from "./memory_store.ts";

/** Plays the scenario of a seed, and returns the history as text. */
async function play(seed: number): Promise<string> {
  return formatHistory(await playScenario(drawScenario(seed), memoryStore));
}

Deno.test("a seed gives the same history each time, byte for byte", async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const first = await play(seed);
    assertEquals(await play(seed), first, `seed ${seed}`);
    assertNotEquals(await play(seed + 1_000_000), first);
  }
});

/** Returns the operations in the scenario of a seed, and the kinds of entries in its history. */
async function seenIn(seed: number): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  const scenario = drawScenario(seed);
  for (const step of scenario.steps) {
    seen.add(step.kind);
    if (step.kind !== "dispatch") continue;
    const { play, type, transaction, recurring } = step;
    for (const each of [...play.acts, type, transaction, recurring?.kind]) seen.add(`${each}`);
  }
  const { entries } = await playScenario(scenario, memoryStore);
  for (const entry of entries) {
    seen.add(entry.kind);
    if ("answer" in entry) seen.add(`answer ${entry.answer}`);
    if ("aborted" in entry && entry.aborted !== null) seen.add(entry.aborted);
    if (entry.kind === "changed" && !entry.applied) seen.add("write refused");
  }
  return seen;
}

Deno.test("the seeds draw every operation, and the histories contain every kind of entry", async () => {
  const expected = [
    ...[
      "dispatch",
      "cancel",
      "runNow",
      "pause",
      "resume",
      "stop",
      "kill",
      "start",
      "freeze",
      "setClock",
    ],
    ...["return", "work", "deaf", "throw", "throwOdd", "complete", "rollBack"],
    ...["plain", "timed", "limited", "discarded", "interval", "cron", "calendar"],
    ...["runEnded", "madeDue", "purged", "slotTaken", "completes", "rollsBack"],
    ...["commits", "rolls back", "answer rolled back", "answer UnknownTaskTypeError"],
    ...["stored", "claimed", "changed", "released", "releasedUnknown", "lost", "cancelled"],
    ...["paused", "resumed", "asked", "answered", "started", "returned", "threw", "process"],
    ...["answer created", "answer updated", "answer existing", "answer StorageUnavailableError"],
    ...["answer cancelled", "answer requested", "answer ended", "answer StoppedError"],
    ...["TimeoutError", "TaskCancelledError", "WorkerStoppedError", "LeaseLostError"],
    "write refused",
  ];
  const missing = new Set(expected);
  for (let seed = 1; missing.size > 0 && seed <= 1_000; seed++) {
    for (const each of await seenIn(seed)) missing.delete(each);
  }
  assertEquals([...missing], []);
});

Deno.test("a store that does not answer in time does not delay the end of a world", async () => {
  const { tasks } = await playScenario({
    seed: 1,
    startsAt: 0,
    machines: [{ offsetMs: 0, rate: 1, knows: ["plain"] }],
    poisonLimit: 5,
    retention: null,
    weather: { lossRate: 1, slowestMs: 10 },
    steps: [],
  }, memoryStore);
  assert(tasks.length === 0);
});
