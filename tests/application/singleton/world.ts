// The state that the evaluations of a module share: the database, and their records for the test.

import { type Logger, silentLogger } from "../../../mod.ts";
import type { Storage } from "../../../src/storage/mod.ts";
import { memoryStorage } from "../../../drivers/memory/mod.ts";

/** One evaluation of the module. */
export interface Evaluation {
  readonly version: number;
  /** The payloads that its handler was called with. */
  readonly ran: string[];
}

/** Set by the test. */
export const world = {
  nextVersion: 1,
  /** The singleton's name. */
  name: "none",
  connect: (): Storage => memoryStorage(),
  /** The promise that a handler awaits. */
  duringRun: (_name: string, _signal: AbortSignal): Promise<void> => Promise.resolve(),
  logger: silentLogger as Logger,
};
