// The filter of a bulk change, as chips.

import { bulkTexts } from "../texts.ts";
import { Text } from "./text.tsx";

/** Shows the members of a filter. */
export function FilterChips({ filter }: { readonly filter: Readonly<Record<string, unknown>> }) {
  return (
    <p class="filters" aria-label={bulkTexts.filter}>
      {Object.entries(filter).map(([name, value]) => (
        <span class="chip" key={name}>
          <span class="faint">{bulkTexts.filterNames[name] ?? name}</span>
          <strong>
            <Text>{[value].flat().join(", ")}</Text>
          </strong>
        </span>
      ))}
    </p>
  );
}
