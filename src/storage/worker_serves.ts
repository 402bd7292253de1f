// What a worker takes, as text: stores keep it as they got it.

import type { WorkerServes } from "./records.ts";

/** Writes what a worker takes as JSON, for a driver to store; null when the worker does not say. */
export function encodeServes(serves: WorkerServes | undefined): string | null {
  if (serves === undefined) return null;
  const { queues, types } = serves;
  return JSON.stringify({
    queues: queues.map(({ name, parallelism }) => ({ name, parallelism })),
    types,
  });
}

/**
 * Reads what {@linkcode encodeServes} wrote; null for a worker that did not say, or a text that
 * somebody else wrote.
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
