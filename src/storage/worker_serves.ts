// Encodes the queues and types that a worker serves as a string, which stores keep unchanged.

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
 * Encodes the queues and types of a worker as JSON, for a driver to store. Returns null if the
 * worker does not report them.
 *
 * @throws {InvalidArgumentError} If a property has the wrong type.
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
 * Decodes the result of {@linkcode encodeServes}. Returns null for a worker that did not report its
 * queues and types, or for an unknown format.
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
