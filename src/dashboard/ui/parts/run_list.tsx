// The next runs of a schedule, with clock changes marked.

import { zonedRuns } from "../clock_changes.ts";
import { now } from "../now.ts";
import { seriesTexts } from "../texts.ts";
import { Instant } from "./instant.tsx";
import { Mark } from "./status.tsx";

/** Shows runs in the time zone of their schedule. */
export function RunList(
  { runs, zone }: { readonly runs: readonly string[]; readonly zone: string },
) {
  if (runs.length === 0) return <p class="faint">{seriesTexts.noRuns}</p>;
  return (
    <ol class="runs">
      {zonedRuns(runs, zone, now.value).map(({ at, text, offset, offsetBefore }) => (
        <li key={at}>
          <span>{text}</span>
          <Instant at={at} />
          {offsetBefore !== null && (
            <Mark look="warn">{seriesTexts.clockChange(offsetBefore, offset)}</Mark>
          )}
        </li>
      ))}
    </ol>
  );
}
