// A number with its name, which links to a page with the details.

import type { ComponentChildren } from "preact";
import { integer } from "../format.ts";
import { texts } from "../texts.ts";

/** A no-break space, which keeps the height of the line. */
const emptyLine = "\u00a0";

/** Shows a number. */
export function Figure(
  { title, href, value, isCapped = false, look = "", children, trend }: {
    readonly title: string;
    readonly href: string;
    /** Undefined until it is loaded. */
    readonly value: number | string | undefined;
    /** Whether there may be more. */
    readonly isCapped?: boolean;
    readonly look?: string;
    /** Details, which are shown with the value. */
    readonly children: ComponentChildren;
    readonly trend?: ComponentChildren;
  },
) {
  const number = value === undefined ? "…" : typeof value === "string" ? value : integer(value);
  return (
    <a class="figure card" href={href}>
      <span class="faint">{title}</span>
      <strong class={look}>{isCapped ? texts.atLeast(number) : number}</strong>
      <span class="faint">{value === undefined ? emptyLine : children}</span>
      {trend}
    </a>
  );
}
