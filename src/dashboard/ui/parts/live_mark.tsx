// Shows whether the page is up to date.

import { connection, isSampled } from "../live.ts";
import { texts } from "../texts.ts";
import { Mark } from "./status.tsx";

/** Shows the state of the stream of events. */
export function LiveMark() {
  const isLive = connection.value === "live";
  return (
    <p class="live" role="status" title={isSampled.value ? texts.sampledHelp : undefined}>
      {isLive
        ? <Mark look="good">{isSampled.value ? texts.sampled : texts.live}</Mark>
        : <Mark look="wait">{texts.connecting}</Mark>}
    </p>
  );
}
