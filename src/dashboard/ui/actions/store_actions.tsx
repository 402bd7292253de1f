// The changes of workers and of rate limits.

import type { Limits, Workers } from "../answers.ts";
import { send } from "../client.ts";
import { integer } from "../format.ts";
import { actionTexts, limitTexts, texts } from "../texts.ts";
import { Name } from "../parts/text.tsx";
import { ChangeDialog, reasonOf } from "./change_dialog.tsx";
import { openDialog, showOutcome } from "./dialogs.tsx";

type Worker = Workers["items"][number];
type Limit = Limits["items"][number];

/** The button that makes a worker stop. */
export function DrainButton({ worker }: { readonly worker: Worker }) {
  return (
    <button
      type="button"
      class="small"
      aria-label={actionTexts.drain.name(worker.host)}
      onClick={() => openDrain(worker)}
    >
      {actionTexts.drain.button}
    </button>
  );
}

function openDrain({ id, host, serves }: Worker): void {
  const { title, help, label, done } = actionTexts.drain;
  openDialog(
    <ChangeDialog
      title={title(host)}
      help={
        <>
          <p>{help}</p>
          {serves !== null && (
            <p class="task-line">
              <span class="faint">{texts.serves}</span>
              {serves.queues.map(({ name }) => <Name key={name}>{name}</Name>)}
            </p>
          )}
        </>
      }
      label={label}
      isDanger
      reason="required"
      run={async (values) => {
        await send("POST", `workers/${encodeURIComponent(id)}/drain`, reasonOf(values));
        showOutcome(done(host), { verb: "drainWorker" });
      }}
    />,
  );
}

/** The button that gives back the budget of a rate limit. */
export function ReleaseButton({ limit }: { readonly limit: Limit }) {
  return (
    <button
      type="button"
      class="small"
      aria-label={actionTexts.release.name(limit.type, limit.key)}
      onClick={() => openRelease(limit)}
    >
      {actionTexts.release.button}
    </button>
  );
}

function openRelease({ type, key, waiting }: Limit): void {
  const { title, help, label, done } = actionTexts.release;
  openDialog(
    <ChangeDialog
      title={title}
      help={
        <>
          <p class="task-line">
            <strong>
              <Name>{type}</Name>
            </strong>
            {key !== "" && (
              <span class="mono faint">
                <Name>{key}</Name>
              </span>
            )}
            {waiting !== null && <span>{limitTexts.waitFor(integer(waiting))}</span>}
          </p>
          <p>{help}</p>
        </>
      }
      label={label}
      reason="required"
      run={async (values) => {
        await send("POST", "limits/release", { type, key, ...reasonOf(values) });
        showOutcome(done, { verb: "releaseLimit" });
      }}
    />,
  );
}
