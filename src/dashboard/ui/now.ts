// The present time, from which ages are computed. Updated once a second while the tab is visible.

import { signal } from "@preact/signals";
import { serverNow } from "./client.ts";

/** The server's time, in epoch milliseconds. */
export const now = signal(serverNow());

/** Starts the clock. */
export function startClock(): void {
  const tick = () => {
    if (!document.hidden) now.value = serverNow();
  };
  setInterval(tick, 1_000);
  document.addEventListener("visibilitychange", tick);
}
