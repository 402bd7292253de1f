// A named value in a list of facts.

import type { ComponentChildren } from "preact";

/** Shows a name and its value. Must be in a `dl`. */
export function Fact(
  { title, children }: { readonly title: string; readonly children: ComponentChildren },
) {
  return (
    <>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </>
  );
}
