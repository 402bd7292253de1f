// A modal dialog. The browser keeps the focus in it, and closes it with Escape.

import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { Text } from "./text.tsx";

/** Shows a dialog while it is mounted. */
export function Dialog(
  { title, isBusy = false, isWide = false, onClose, children }: {
    readonly title: string;
    /** Whether a change is under way. Escape then does not close the dialog. */
    readonly isBusy?: boolean;
    readonly isWide?: boolean;
    readonly onClose: () => void;
    readonly children: ComponentChildren;
  },
) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useLayoutEffect(() => { // opens before the next key arrives
    const dialog = element.current!;
    dialog.addEventListener("close", onClose);
    dialog.showModal();
    return () => {
      dialog.removeEventListener("close", onClose);
      dialog.close();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={isWide ? "dialog wide" : "dialog"}
      aria-labelledby={titleId}
      onCancel={(event: Event) => isBusy && event.preventDefault()}
    >
      <h2 id={titleId}>
        <Text>{title}</Text>
      </h2>
      {children}
    </dialog>
  );
}
