// A flood of events, as of a busy store.

import type { EverTask, TaskEvent } from "../../mod.ts";

/** Emits events at a rate for `forMs` milliseconds, and returns their number. */
export async function flood(
  events: EverTask["events"],
  perSecond: number,
  forMs: number,
): Promise<number> {
  const bus = events as unknown as { emit(event: TaskEvent): void };
  const event = {
    taskId: crypto.randomUUID(),
    kind: "completed",
    severity: "Information",
    taskType: "wait",
    queue: "default",
    message: "x".repeat(200),
    taskParameters: "{}",
  } as TaskEvent;
  const startedAt = performance.now();
  let emitted = 0;
  while (performance.now() - startedAt < forMs) {
    const due = (performance.now() - startedAt) * perSecond / 1_000;
    for (; emitted < due; emitted++) bus.emit(event);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return emitted;
}
