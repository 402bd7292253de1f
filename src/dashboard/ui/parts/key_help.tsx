// The dialog that lists the keys.

import { closeDialog } from "../actions/dialogs.tsx";
import { pageKeys } from "../keyboard.ts";
import { actionTexts, keyTexts, pageNames } from "../texts.ts";
import { Dialog } from "./dialog.tsx";

/** Lists the keys. */
export function KeyHelp() {
  const pages = Object.entries(pageKeys).filter(([, page]) => page in pageNames);
  return (
    <Dialog title={keyTexts.title} onClose={closeDialog}>
      <dl class="keys">
        {keyTexts.keys.map(([key, meaning]) => <Key key={key} name={key}>{meaning}</Key>)}
        {pages.map(([letter, page]) => (
          <Key key={letter} name={`g ${letter}`}>{pageNames[page as keyof typeof pageNames]}</Key>
        ))}
      </dl>
      <form method="dialog" class="buttons">
        <button type="submit">{actionTexts.close}</button>
      </form>
    </Dialog>
  );
}

function Key({ name, children }: { readonly name: string; readonly children: string }) {
  return (
    <>
      <dt>
        <kbd>{name}</kbd>
      </dt>
      <dd>{children}</dd>
    </>
  );
}
