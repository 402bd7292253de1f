// The filter of a bulk change, as chips.

import { bulkTexts } from "../texts.ts";

/** Shows the members of a filter. */
export function FilterChips({ filter }: { readonly filter: Readonly<Record<string, unknown>> }) {
  return (
    <p class="filters" aria-label={bulkTexts.filter}>
      {Object.entries(filter).map(([name, value]) => (
        <span class="chip" key={name}>
          <span class="faint">{bulkTexts.filterNames[name] ?? name}</span>
          <strong>{[value].flat().join(", ")}</strong>
        </span>
      ))}
    </p>
  );
}
