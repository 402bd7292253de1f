// Runs a callback after all work that is ready now. Batches use it to write the items of one turn
// of the event loop together, without a timer.

type Schedule = (callback: () => void) => void;

/**
 * Deno, Node and Bun have setImmediate (3 µs per turn). Elsewhere a message channel has the same
 * effect (6 µs).
 */
const schedule: Schedule = "setImmediate" in globalThis
  ? (globalThis as unknown as { setImmediate: Schedule }).setImmediate
  : byMessageChannel();

let waiting = 0;

/** Calls `callback` after everything that is ready now has run. */
export function nextMacrotask(callback: () => void): void {
  waiting++;
  schedule(() => {
    waiting--;
    callback();
  });
}

/**
 * Resolves when no callback waits any more, not even a callback that was added meanwhile. A test
 * clock awaits this before it advances the time. Gives up after `mostTurns`.
 */
export async function macrotasksDone(mostTurns: number): Promise<void> {
  let turns = 0;
  do await new Promise<void>(schedule); while (waiting > 0 && ++turns < mostTurns);
}

function byMessageChannel(): Schedule {
  const waiting: (() => void)[] = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => waiting.shift()?.();
  return (callback) => {
    waiting.push(callback);
    port2.postMessage(null);
  };
}
