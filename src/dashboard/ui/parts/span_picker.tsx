// Links that choose the span of a page.

import { changedUrl } from "../router.ts";
import { chosenSpan, defaultSpan, spans } from "../spans.ts";
import { texts } from "../texts.ts";
import { Choices } from "./choices.tsx";

/** Shows the spans. */
export function SpanPicker() {
  const chosen = chosenSpan();
  const choices = spans.map((span) => ({
    text: span.name,
    href: changedUrl({ span: span === defaultSpan ? null : span.name }),
    isChosen: span === chosen,
  }));
  return <Choices title={texts.span} choices={choices} />;
}
