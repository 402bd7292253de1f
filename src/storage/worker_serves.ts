// The queues and types that a worker serves, as text, which stores keep unchanged.

import type { WorkerServes } from "./records.ts";

/**
 * Writes the queues and types of a worker as JSON, for a driver to store; null if the worker does
 * not report them.
 */
export function encodeServes(serves: WorkerServes | undefined): string | null {
  if (serves === undefined) return null;
  const { queues, types } = serves;
  return JSON.stringify({
    queues: queues.map(({ name, parallelism }) => ({ name, parallelism })),
    types,
  });
}

/**
 * Reads what {@linkcode encodeServes} wrote; null for a worker that did not report them, or for an
 * unknown format.
 */
export function decodeServes(text: string | null): WorkerServes | null {
  if (text === null) return null;
  try {
    const { queues, types } = JSON.parse(text) as WorkerServes;
    return Array.isArray(queues) && Array.isArray(types) ? { queues, types } : null;
  } catch {
    return null;
  }
}
