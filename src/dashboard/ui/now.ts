// The present time by the store's clock, from which ages are computed. Updated once a second while
// the tab is visible.

import { signal } from "@preact/signals";

/** The difference between the store's clock and this browser's, in milliseconds. */
let skewMs = 0;

/** The store's time, in epoch milliseconds. */
export const now = signal(Date.now());

/** Whether instants are shown in UTC, instead of relative to now or in the browser's time zone. */
export const isUtc = signal(false);

/** Sets the time to an instant that the server has just returned. */
export function setClock(instant: string): void {
  skewMs = Date.parse(instant) - Date.now();
  tick();
}

/** Starts the clock. */
export function startClock(): void {
  setInterval(tick, 1_000);
  document.addEventListener("visibilitychange", tick);
}

function tick(): void {
  if (!document.hidden) now.value = Date.now() + skewMs;
}
