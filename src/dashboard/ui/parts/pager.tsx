// The links between the pages of a list.

import { changedUrl, parameters } from "../router.ts";
import { texts } from "../texts.ts";

/** Links to the first and the next page. */
export function Pager({ next }: { readonly next: string | null }) {
  const isFirst = !parameters.value.has("after");
  if (isFirst && next === null) return null;
  return (
    <nav class="pager" aria-label={texts.nextPage}>
      {!isFirst && <a class="button" href={changedUrl({ after: null })}>{texts.firstPage}</a>}
      {next !== null && <a class="button" href={changedUrl({ after: next })}>{texts.nextPage}</a>}
    </nav>
  );
}
