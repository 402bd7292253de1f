// The state that a test shares with the evaluations of a module, such as their database.

import { type Logger, silentLogger } from "../../../mod.ts";
import type { Storage } from "../../../src/storage/mod.ts";
import { memoryStorage } from "../../../drivers/memory/mod.ts";

/** One evaluation of the module. */
export interface Evaluation {
  readonly version: number;
  /** The payloads that its handler was called with. */
  readonly ran: string[];
}

/** The shared state. Each evaluation increases `nextVersion`; the test sets the other members. */
export const world = {
  nextVersion: 1,
  /** The singleton's name. */
  name: "none",
  connect: (): Storage => memoryStorage(),
  /** The promise that a handler awaits. */
  duringRun: (_name: string, _signal: AbortSignal): Promise<void> => Promise.resolve(),
  logger: silentLogger as Logger,
};
