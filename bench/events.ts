// Measures the cost of events: the same tasks without subscribers, with a subscriber whose filter
// matches nothing, and with one that gets every event. Unwanted events are not made, so the first
// two do not differ measurably. The remaining check, whether a subscriber wants an event, is
// measured separately.

import { type EverTask, silentLogger } from "@evertask/evertask";
import { EventBus } from "../src/events/event_bus.ts";
import { measureLifecycle } from "./measures/lifecycle.ts";
import { median, rate, ratio } from "./support/figures.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

const defaultTasks = 50_000;

/** Events in the life of a task: dispatched, started, completed. */
const eventsPerTask = 3;

type Listeners = "none" | "errors" | "all";

/** Compares the throughput with no subscriber, one for errors, and one for all events. */
export const eventsSubject: Subject = {
  name: "events",
  about:
    "lifecycle at Full with no subscriber, one that wants errors, and one that gets every event",
  async run({ stores, runs, tasks: asked }, progress) {
    const tasks = asked ?? defaultTasks;
    const askingNs = measureAsking();
    const results = [];
    for (const store of await openStores(stores)) {
      await using measured = store;
      const rates: Record<Listeners, number[]> = { none: [], errors: [], all: [] };
      for (let round = 0; round <= runs; round++) {
        for (const listeners of ["none", "errors", "all"] as const) {
          progress(`${store.name}: ${listeners}, run ${round} of ${runs}`);
          await using database = await measured.createDatabase();
          let heard = 0;
          const prepare = ({ events }: EverTask): void => {
            if (listeners === "none") return;
            const filter = listeners === "errors" ? { severity: "Error" } as const : {};
            events.subscribe(() => void heard++, filter);
          };
          const options = { auditLevel: "Full", tasks, prepare } as const;
          const { tasksPerSecond } = await measureLifecycle(database, options);
          const expected = listeners === "all" ? eventsPerTask * tasks : 0;
          if (heard !== expected) throw new Error(`Heard ${heard} events, not ${expected}.`);
          if (round > 0) rates[listeners].push(tasksPerSecond); // the first round is a warm-up
        }
      }
      const [none, errors, all] = [median(rates.none), median(rates.errors), median(rates.all)];
      const asking = eventsPerTask * askingNs * 1e-9 * none; // the share of the time of a task
      results.push({ store: store.name, none, errors, all, asking });
    }
    const text = table(
      ["tasks/s", "no subscriber", "for errors", "ratio", "for all", "ratio", "without asking"],
      results.map(({ store, none, errors, all, asking }) => [
        store,
        rate(none),
        rate(errors),
        ratio(errors / none),
        rate(all),
        ratio(all / none),
        ratio(1 + asking),
      ]),
    );
    const note = `Asking whether anybody wants an event takes ${askingNs.toFixed(1)} ns.`;
    return { data: results.map((row) => ({ ...row, askingNs })), text: `${text}\n${note}` };
  },
};

/** The time of the check on a bus without subscribers, in nanoseconds. */
function measureAsking(): number {
  const bus = new EventBus(silentLogger);
  const kinds = ["dispatched", "started", "completed"] as const;
  const rounds = 20_000_000;
  let wanted = 0;
  let startedAt = 0;
  for (const warmUp of [true, false]) {
    startedAt = performance.now();
    for (let round = 0; round < (warmUp ? rounds / 10 : rounds); round++) {
      if (bus.wants(kinds[round % 3]!, "counted")) wanted++;
    }
  }
  if (wanted > 0) throw new Error("There is no subscriber.");
  return (performance.now() - startedAt) * 1e6 / rounds;
}
