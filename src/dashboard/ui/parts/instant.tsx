// Shows instants relative to now, with the exact time as a tooltip.

import { distance, localTime } from "../format.ts";
import { isUtc, now } from "../now.ts";
import { texts } from "../texts.ts";

/** Shows an instant as a distance from now, or as the time of day. */
export function Instant(
  { at, as = "distance" }: { readonly at: string | null; readonly as?: "distance" | "time" },
) {
  if (at === null) return <span class="faint">{texts.none}</span>;
  const utc = at.replace("T", " ").replace("Z", " UTC");
  const exact = `${localTime(at, 0)}, ${utc}`;
  const text = isUtc.value
    ? utc
    : as === "time"
    ? localTime(at, now.value)
    : distance(at, now.value);
  return <time dateTime={at} title={exact}>{text}</time>;
}
