import { assertEquals } from "@std/assert";
import { Machine } from "../../../src/testing/simulation/machine.ts";
import { Timeline } from "../../../src/testing/simulation/timeline.ts";

const worldStart = Date.UTC(2026, 0, 1);

function makeMachine(rate = 1) {
  const timeline = new Timeline(worldStart);
  const machine = new Machine(timeline, { offsetMs: 5_000, rate });
  const fired: number[] = [];
  const set = (delayMs: number) => machine.clock.setTimer(() => fired.push(timeline.now), delayMs);
  return { timeline, machine, fired, set };
}

Deno.test("the clock of a machine has the given offset and rate", async () => {
  const { timeline, machine, fired, set } = makeMachine(2);
  set(1_000);
  await timeline.advance(600);
  assertEquals(fired, [500]);
  assertEquals(machine.clock.monotonic(), 1_200);
  assertEquals(machine.clock.now() - worldStart, 6_200);
  machine.setClock(-6_000);
  assertEquals(machine.clock.now() - worldStart, 200);
  assertEquals(machine.clock.monotonic(), 1_200);
});

Deno.test("the timers of a frozen machine fire when it thaws, and the timers of a killed machine never fire", async () => {
  const { timeline, machine, fired, set } = makeMachine();
  set(100);
  set(Infinity);
  const callOff = set(200);
  machine.freeze();
  await timeline.advance(1_000);
  assertEquals(fired, []);
  callOff();
  machine.thaw();
  await timeline.advance(0);
  assertEquals(fired, [1_000]);
  set(100);
  machine.kill();
  machine.thaw();
  await timeline.advance(1_000);
  assertEquals(fired, [1_000]);
});

Deno.test("actions at the same instant run in the order in which they were planned", async () => {
  const timeline = new Timeline(worldStart);
  const order: string[] = [];
  timeline.in(10, () => order.push("b"));
  timeline.in(5, () => {
    order.push("a");
    timeline.in(5, () => order.push("c"));
    Promise.resolve().then(() => order.push("microtask of a"));
  });
  await timeline.advance(10);
  assertEquals(order, ["a", "microtask of a", "b", "c"]);
});
