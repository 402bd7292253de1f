// Shows a status as a shape, a colour and a word, each of which is sufficient.

import type { TaskStatus } from "../answers.ts";
import { Text } from "./text.tsx";

const looks: Record<TaskStatus, "wait" | "run" | "good" | "bad" | "off"> = {
  WaitingQueue: "wait",
  Queued: "wait",
  Pending: "wait",
  InProgress: "run",
  ServiceStopped: "wait",
  Completed: "good",
  Failed: "bad",
  Cancelled: "off",
};

/** Shows a task's status. */
export function Status({ status }: { readonly status: TaskStatus }) {
  return <Mark look={looks[status]}>{status}</Mark>;
}

/** Shows a word with the shape and the colour of its severity. */
export function Mark(
  { look, children }: {
    readonly look: "wait" | "run" | "good" | "bad" | "warn" | "off";
    readonly children: string;
  },
) {
  return (
    <span class={`mark ${look}`}>
      <svg viewBox="0 0 10 10" aria-hidden="true">
        {look === "bad" && <rect x="1" y="1" width="8" height="8" rx="1.5" />}
        {look === "warn" && <path d="M5 0.8 9.6 9H0.4Z" />}
        {(look === "good" || look === "run") && <circle cx="5" cy="5" r="4" />}
        {look === "wait" && <circle class="line" cx="5" cy="5" r="3.6" />}
        {look === "off" && <path class="line" d="M1.5 5h7" />}
      </svg>
      <Text>{children}</Text>
    </span>
  );
}
