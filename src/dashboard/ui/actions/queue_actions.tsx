// The changes of a queue.

import type { Queues } from "../answers.ts";
import { send } from "../client.ts";
import { actionTexts } from "../texts.ts";
import { ChangeDialog, reasonOf } from "./change_dialog.tsx";
import { openDialog, showOutcome } from "./dialogs.tsx";

type Queue = Queues["items"][number];

/** The button that pauses or resumes a queue. */
export function QueueActions({ queue }: { readonly queue: Queue }) {
  const { button, name } = actionTexts[queue.paused ? "resumeQueue" : "pauseQueue"];
  return (
    <button
      type="button"
      class="small"
      aria-label={name(queue.queue)}
      onClick={() => openQueueDialog(queue)}
    >
      {button}
    </button>
  );
}

function openQueueDialog({ queue, paused }: Queue): void {
  const { title, help, label, done } = actionTexts[paused ? "resumeQueue" : "pauseQueue"];
  openDialog(
    <ChangeDialog
      title={title(queue)}
      help={<p>{help}</p>}
      label={label}
      reason="required"
      run={async (values) => {
        const verb = paused ? "resume" : "pause";
        await send("POST", `queues/${verb}`, { queue, ...reasonOf(values) });
        showOutcome(done(queue), { queueName: queue });
      }}
    />,
  );
}
