// The keys of the whole page. Keys that are pressed in fields and dialogs are not handled.

import { isUtc } from "./now.ts";
import { go, pageUrl } from "./router.ts";

/** The page of each letter that follows `g`. */
export const pageKeys: Readonly<Record<string, string>> = {
  o: "",
  t: "tasks",
  s: "series",
  q: "queues",
  w: "workers",
  f: "failures",
  l: "limits",
  u: "audit",
  a: "actions",
};

/** The time within which the letter must follow `g`, in milliseconds. */
const sequenceMs = 1_500;

/** The time until which a letter follows `g`, as the `timeStamp` of events. */
let goUntil = 0;

/**
 * Starts to handle keys.
 *
 * @param showHelp Called for `?`.
 */
export function handleKeys(showHelp: () => void): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as Element;
    if (target.closest("input:not([type=checkbox]), textarea, select, dialog[open]") !== null) {
      if (event.key === "Escape" && target.closest(".search") !== null) {
        (target as HTMLElement).blur();
      }
      return;
    }
    if (handle(event, target, showHelp)) event.preventDefault();
  };
  addEventListener("keydown", onKeyDown);
  return () => removeEventListener("keydown", onKeyDown);
}

/** Handles a key. Reports whether the key has a meaning. */
function handle(
  { key, timeStamp }: KeyboardEvent,
  target: Element,
  showHelp: () => void,
): boolean {
  const page = timeStamp < goUntil ? pageKeys[key] : undefined;
  goUntil = key === "g" ? timeStamp + sequenceMs : 0;
  if (page !== undefined) go(pageUrl(page));
  else if (key === "/") document.querySelector<HTMLElement>(".search input")?.focus();
  else if (key === "?") showHelp();
  else if (key === "u") isUtc.value = !isUtc.value;
  else if (key === "j") moveBy(1);
  else if (key === "k") moveBy(-1);
  else if (key === "x") return clickIn("input[type=checkbox]");
  else if (key === "Enter" && target.matches("tr")) return clickIn(".row-link") || clickIn("a");
  else return false;
  return true;
}

function focusedRow(): Element | null {
  return document.activeElement?.closest("main tbody tr") ?? null;
}

/** Moves the focus to another row of a table. */
function moveBy(distance: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("main tbody tr")];
  const current = focusedRow();
  const at = current === null
    ? (distance > 0 ? -1 : rows.length)
    : rows.indexOf(current as HTMLElement);
  const row = rows[Math.max(0, Math.min(rows.length - 1, at + distance))];
  if (row === undefined) return;
  row.tabIndex = -1;
  row.focus();
  row.scrollIntoView({ block: "nearest" });
}

/** Clicks the first matching element of the focused row. */
function clickIn(selector: string): boolean {
  const element = focusedRow()?.querySelector<HTMLElement>(selector) ?? null;
  element?.click();
  return element !== null;
}
