// Counts completed and failed tasks, and failures by type, since the start.

import { createEverTask, type TaskEvent } from "@evertask/evertask";
import type { TaskEventSource } from "@evertask/evertask/monitor";
import { memoryStorage } from "@evertask/evertask/memory";
import { buildReport, chargeCard, sendReceipt, tasks } from "./support/shop.ts";

/** Counts events since its creation. */
class TaskMetrics {
  #completed = 0;
  #failed = 0;
  readonly #failuresByType = new Map<string, number>();
  readonly #stop: () => void;

  constructor(events: TaskEventSource) {
    // Only the needed kinds. Other events are not created for this subscriber.
    this.#stop = events.subscribe((event) => this.#count(event), {
      kinds: ["completed", "failed"],
    });
  }

  get figures() {
    return {
      completed: this.#completed,
      failed: this.#failed,
      failuresByType: Object.fromEntries(this.#failuresByType),
    };
  }

  close(): void {
    this.#stop();
  }

  #count({ kind, taskType }: TaskEvent): void {
    if (kind === "completed") {
      this.#completed++;
    } else {
      this.#failed++;
      this.#failuresByType.set(taskType, (this.#failuresByType.get(taskType) ?? 0) + 1);
    }
  }
}

const everTask = createEverTask({ storage: memoryStorage(), tasks, queues: { email: {} } });
const metrics = new TaskMetrics(everTask.events);
const allEnded = new Promise<void>((resolve) => {
  let ends = 0;
  everTask.events.subscribe(() => void (++ends === 23 && resolve()), {
    kinds: ["completed", "failed"],
  });
});
await everTask.start();
await everTask.dispatchMany(sendReceipt, Array.from({ length: 20 }, (_, order) => ({ order })));
await everTask.dispatchMany(chargeCard, [{ order: 1 }, { order: 2 }]);
await everTask.dispatch(buildReport);
await allEnded;

console.log(metrics.figures);
// { completed: 20, failed: 3, failuresByType: { "charge-card": 2, "build-report": 1 } }
metrics.close();
await everTask.stop();
