// Links that choose the span of a page.

import { changedUrl } from "../router.ts";
import { chosenSpan, defaultSpan, spans } from "../spans.ts";
import { texts } from "../texts.ts";

/** Shows the spans. */
export function SpanPicker() {
  const chosen = chosenSpan();
  return (
    <nav class="spans" aria-label={texts.span}>
      {spans.map((span) => (
        <a
          key={span.name}
          href={changedUrl({ span: span === defaultSpan ? null : span.name })}
          aria-current={span === chosen ? "true" : undefined}
        >
          {span.name}
        </a>
      ))}
    </nav>
  );
}
