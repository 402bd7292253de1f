// The bar with the buttons that change the selected tasks.

import type { TaskCount } from "../answers.ts";
import { countText, integer } from "../format.ts";
import { may } from "../rights.ts";
import { bulkTexts } from "../texts.ts";
import { openBulk } from "./bulk_dialog.tsx";
import { toBulkFilter } from "./bulk_filter.ts";
import { bulkVerbs } from "./bulk_run.ts";
import {
  clearSelection,
  isEveryMatch,
  isSelected,
  select,
  type Selectable,
  selectedCount,
  selectedTasks,
  selectEveryMatch,
  selectTo,
  toggle,
} from "./selection.ts";

/** Shows the number of selected tasks, and the buttons that change them. */
export function SelectionBar(
  { filter, count }: {
    /** The search. */
    readonly filter: URLSearchParams;
    /** The number of tasks that match it; null until it is known. */
    readonly count: TaskCount | null;
  },
) {
  if (!may("operate") || selectedCount.value === 0 && !isEveryMatch.value) return null;
  const chosen = isEveryMatch.value ? { filter: toBulkFilter(filter) } : selectedTasks();
  return (
    <section class="selection" aria-label={bulkTexts.selection}>
      <p role="status">
        <SelectedText isFiltered={filter.size > 0} matching={count} />{" "}
        <button type="button" class="plain" onClick={clearSelection}>{bulkTexts.clear}</button>
      </p>
      <div class="buttons">
        {bulkVerbs.map((verb) => (
          <button
            type="button"
            key={verb}
            class={bulkTexts.verbs[verb].isDanger ? "danger" : ""}
            onClick={() => openBulk(verb, chosen)}
          >
            {bulkTexts.verbs[verb].button}
          </button>
        ))}
      </div>
    </section>
  );
}

function SelectedText(
  { isFiltered, matching }: { readonly isFiltered: boolean; readonly matching: TaskCount | null },
) {
  const all = matching === null ? "…" : countText(matching);
  if (isEveryMatch.value) return <strong>{bulkTexts.everyMatch(all)}</strong>;
  const count = selectedCount.value;
  const hasMore = matching !== null && (!matching.exact || matching.count > count);
  return (
    <>
      <strong>{bulkTexts.selected(integer(count))}</strong>{" "}
      {hasMore && isFiltered && (
        <button type="button" class="plain" onClick={selectEveryMatch}>
          {bulkTexts.selectEvery(all)}
        </button>
      )}
      {hasMore && !isFiltered && <span class="faint">{bulkTexts.filterFirst}</span>}
    </>
  );
}

/** The checkbox that selects all tasks of the page. */
export function SelectPage({ tasks }: { readonly tasks: readonly Selectable[] }) {
  const isAll = tasks.every(isSelected);
  return (
    <input
      type="checkbox"
      aria-label={bulkTexts.selectPage}
      checked={isAll}
      onChange={() => select(tasks, !isAll)}
    />
  );
}

/** The checkbox that selects a task. */
export function SelectTask(
  { task, name, shown }: {
    readonly task: Selectable;
    readonly name: string;
    /** The tasks of the page, for a click with Shift. */
    readonly shown: readonly Selectable[];
  },
) {
  return (
    <input
      type="checkbox"
      aria-label={bulkTexts.selectTask(name)}
      checked={isSelected(task)}
      onClick={(event: MouseEvent) => event.shiftKey ? selectTo(task, shown) : toggle(task)}
    />
  );
}
