// The queues and types that a worker serves, as text, which stores keep unchanged.

import { readMember } from "../thrown/reading.ts";
import {
  checkCount,
  checkList,
  checkNames,
  checkOptions,
  checkText,
} from "../guards/argument_checks.ts";
import type { WorkerServes } from "./records.ts";

/**
 * Writes the queues and types of a worker as JSON, for a driver to store; null if the worker does
 * not report them.
 *
 * @throws {InvalidArgumentError} If a member is of another kind.
 */
export function encodeServes(serves: WorkerServes | undefined): string | null {
  if (serves === undefined) return null;
  checkOptions(serves, { queues: true, types: true }, "serves");
  const { queues, types } = serves;
  checkNames(types, null, "serves.types");
  checkList(queues, "serves.queues");
  for (const queue of queues) {
    checkOptions(queue, { name: true, parallelism: true }, "a queue of serves.queues");
    checkText(queue.name, "name");
    checkCount(queue.parallelism, "parallelism");
  }
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
    const isKnown = Array.isArray(queues) && queues.every(isQueue) &&
      Array.isArray(types) && types.every((type) => typeof type === "string");
    return isKnown ? { queues, types } : null;
  } catch {
    return null;
  }
}

function isQueue(queue: unknown): boolean {
  return typeof readMember(queue, "name") === "string" &&
    typeof readMember(queue, "parallelism") === "number";
}
