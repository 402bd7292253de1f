// What the evaluations of a module have in common: the database, and what the test wants to know of
// them.

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
  /** What a handler waits for. */
  duringRun: (_name: string, _signal: AbortSignal): Promise<void> => Promise.resolve(),
  logger: silentLogger as Logger,
};
