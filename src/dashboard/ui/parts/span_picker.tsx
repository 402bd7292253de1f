// Links that choose the span of a page.

import { changedUrl } from "../router.ts";
import { chosenSpan, type SpanChoice } from "../spans.ts";
import { texts } from "../texts.ts";
import { Choices } from "./choices.tsx";

/** Shows the spans. */
export function SpanPicker({ from }: { readonly from: SpanChoice }) {
  const chosen = chosenSpan(from);
  const choices = from.spans.map((span) => ({
    text: span.name,
    href: changedUrl({ span: span === from.byDefault ? null : span.name }),
    isChosen: span === chosen,
  }));
  return <Choices title={texts.span} choices={choices} />;
}
