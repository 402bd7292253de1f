// A titled part of a page.

import type { ComponentChildren } from "preact";

/** Shows content under a title. */
export function Card(
  { title, aside, children }: {
    readonly title: string;
    readonly aside?: ComponentChildren;
    readonly children: ComponentChildren;
  },
) {
  return (
    <section class="card" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {aside !== undefined && <div class="aside">{aside}</div>}
      </header>
      {children}
    </section>
  );
}
