import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { drawScenario } from "../../../src/testing/simulation/draw_scenario.ts";
import { formatHistory } from "../../../src/testing/checker/history.ts";
import { playScenario } from "../../../src/testing/simulation/world.ts";
import { memoryStore } from "./memory_store.ts";

/** The history of a seed as text. */
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

Deno.test("the seeds draw every operation, and the histories have them", async () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 150; seed++) {
    const scenario = drawScenario(seed);
    for (const step of scenario.steps) {
      seen.add(step.kind);
      if (step.kind === "dispatch") { for (const act of step.play.acts) seen.add(act); }
    }
    const { entries } = await playScenario(scenario, memoryStore);
    for (const entry of entries) {
      seen.add(entry.kind);
      if ("answer" in entry) seen.add(`answer ${entry.answer}`);
      if ("aborted" in entry && entry.aborted !== null) seen.add(entry.aborted);
      if (entry.kind === "changed" && !entry.applied) seen.add("write refused");
    }
  }
  const expected = [
    ...["dispatch", "cancel", "pause", "resume", "stop", "kill", "start", "freeze", "setClock"],
    ...["return", "work", "deaf", "throw", "throwOdd"],
    ...["stored", "claimed", "changed", "released", "releasedUnknown", "lost", "cancelled"],
    ...["paused", "resumed", "asked", "answered", "started", "returned", "threw", "process"],
    ...["answer created", "answer updated", "answer existing", "answer StorageUnavailableError"],
    ...["answer cancelled", "answer requested", "answer ended", "answer StoppedError"],
    ...["TimeoutError", "TaskCancelledError", "WorkerStoppedError", "LeaseLostError"],
    "write refused",
  ];
  assertEquals(expected.filter((each) => !seen.has(each)), []);
});

Deno.test("a store that answers too late does not hold up the end of a world", async () => {
  const { tasks } = await playScenario({
    seed: 1,
    machines: [{ offsetMs: 0, rate: 1 }],
    weather: { lossRate: 1, slowestMs: 10 },
    steps: [],
  }, memoryStore);
  assert(tasks.length === 0);
});
