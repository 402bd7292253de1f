// Encodes the report of a worker at its registration (its queues, its types and its process) as a
// string. Stores keep the string unchanged.

import { readMember } from "../thrown/reading.ts";
import {
  checkCount,
  checkList,
  checkNames,
  checkOptions,
  checkText,
} from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { WorkerProcess, WorkerServes } from "./records.ts";

/**
 * Encodes the queues, the types and the process of a worker as JSON, for a driver to store. Returns
 * null if the worker reports none of them.
 *
 * @throws {InvalidArgumentError} If a property has the wrong type.
 */
export function encodeServes(
  serves: WorkerServes | undefined,
  described?: WorkerProcess,
): string | null {
  if (serves === undefined && described === undefined) return null;
  return JSON.stringify({
    ...serves !== undefined && checkedServes(serves),
    ...described !== undefined && { process: checkedProcess(described) },
  });
}

function checkedServes(serves: WorkerServes): WorkerServes {
  checkOptions(serves, { queues: true, types: true }, "serves");
  const { queues, types } = serves;
  checkNames(types, null, "serves.types");
  checkList(queues, "serves.queues");
  for (const queue of queues) {
    checkOptions(queue, { name: true, parallelism: true }, "a queue of serves.queues");
    checkText(queue.name, "name");
    checkCount(queue.parallelism, "parallelism");
  }
  return { queues: queues.map(({ name, parallelism }) => ({ name, parallelism })), types };
}

function checkedProcess(described: WorkerProcess): WorkerProcess {
  const names = { version: true, applicationVersion: true, runtime: true, pid: true } as const;
  checkOptions(described, names, "process");
  const { version, applicationVersion, runtime, pid } = described;
  checkText(version, "process.version");
  if (typeof runtime !== "string") {
    throw new InvalidArgumentError("process.runtime", runtime, "be a string");
  }
  if (applicationVersion !== null) checkText(applicationVersion, "process.applicationVersion");
  if (pid !== null) checkCount(pid, "process.pid");
  return { version, applicationVersion, runtime, pid };
}

/**
 * Returns the queues and types from the result of {@linkcode encodeServes}. Returns null for a
 * worker that did not report them, or for an unknown format.
 */
export function decodeServes(text: string | null): WorkerServes | null {
  const report = decode(text);
  const [queues, types] = [readMember(report, "queues"), readMember(report, "types")];
  const isKnown = Array.isArray(queues) && queues.every(isQueue) &&
    Array.isArray(types) && types.every((type) => typeof type === "string");
  return isKnown ? { queues, types } : null;
}

/**
 * Returns the process from the result of {@linkcode encodeServes}. Returns null for a worker that
 * did not report it, or for an unknown format.
 */
export function decodeProcess(text: string | null): WorkerProcess | null {
  const described = readMember(decode(text), "process");
  const { version, applicationVersion, runtime, pid } = (described ?? {}) as Partial<WorkerProcess>;
  if (typeof version !== "string" || typeof runtime !== "string") return null;
  return {
    version,
    applicationVersion: typeof applicationVersion === "string" ? applicationVersion : null,
    runtime,
    pid: Number.isInteger(pid) ? pid! : null,
  };
}

function decode(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function isQueue(queue: unknown): boolean {
  return typeof readMember(queue, "name") === "string" &&
    typeof readMember(queue, "parallelism") === "number";
}
