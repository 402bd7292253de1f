// Running something once everything that is ready now has run. Batches are cut here: what was asked for in the same turn
// of the event loop goes out together, without any delay by the clock.

type Schedule = (callback: () => void) => void;

/** Deno, Node and Bun have setImmediate (3 µs a turn); elsewhere a message channel does the same (6 µs). */
export const nextMacrotask: Schedule = "setImmediate" in globalThis
  ? (globalThis as unknown as { setImmediate: Schedule }).setImmediate
  : byMessageChannel();

function byMessageChannel(): Schedule {
  const waiting: (() => void)[] = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => waiting.shift()?.();
  return (callback) => {
    waiting.push(callback);
    port2.postMessage(null);
  };
}
