// The dialog that is open, and the message about the last change. Pages open dialogs here, so that
// a dialog stays open while the page below it reloads its data.

import { signal } from "@preact/signals";
import type { ComponentChild } from "preact";
import { useEffect } from "preact/hooks";
import { Text } from "../parts/text.tsx";
import { pageUrl, path } from "../router.ts";
import { actionTexts } from "../texts.ts";

const dialog = signal<ComponentChild>(null);

/** The message about a change, with the search parameters of the list of actions. */
interface Outcome {
  readonly text: string;
  readonly actions: Readonly<Record<string, string>>;
}

const outcome = signal<Outcome | null>(null);

/** Opens a dialog, in place of the one that is open. */
export function openDialog(content: ComponentChild): void {
  outcome.value = null;
  dialog.value = content;
}

/** Closes the dialog. */
export function closeDialog(): void {
  dialog.value = null;
  // The button that opened the dialog may be gone. The keyboard then continues at the content.
  setTimeout(() => {
    if (document.activeElement !== document.body) return;
    document.getElementById("content")?.focus({ preventScroll: true });
  });
}

// A dialog belongs to the page that opened it. An effect of a component would run a frame later,
// and close a dialog that was opened on the next page by then.
path.subscribe(() => {
  if (dialog.peek() !== null) closeDialog();
});

/** Shows a message about a change, with a link to its action. */
export function showOutcome(text: string, actions: Outcome["actions"]): void {
  outcome.value = { text, actions };
}

/** The time for which a message is shown, in milliseconds. */
const shownMs = 12_000;

/** Shows the open dialog and the message. */
export function Dialogs() {
  const last = outcome.value;
  useEffect(() => {
    const timer = setTimeout(() => outcome.value = null, shownMs);
    return () => clearTimeout(timer);
  }, [last]);
  return (
    <>
      {dialog.value}
      <div class="outcome" role="status">
        {last !== null && (
          <p>
            <Text>{last.text}</Text>{" "}
            <a href={pageUrl("actions", last.actions)}>{actionTexts.showAction}</a>
          </p>
        )}
      </div>
    </>
  );
}
