// Guards the application's source of randomness. If it fails, the system's source is used.

import { answerAtOnce, onlyOnce } from "../guards/calls.ts";
import type { Logger } from "../log/logger.ts";
import { type FillRandom, systemRandom } from "./uuid_v7.ts";

/** Wraps a source of randomness so that no call throws. Logs only the first failure. */
export function guardRandom(fillRandom: FillRandom, logger: Logger): FillRandom {
  if (fillRandom === systemRandom) return fillRandom;
  const onFault = onlyOnce((error: unknown) =>
    logger.error("The source of randomness failed; the system's replaces it: {error}", {
      error,
    })
  );
  return (bytes) => {
    try {
      answerAtOnce<unknown>(fillRandom(bytes), "random");
    } catch (error) {
      onFault(error);
      systemRandom(bytes);
    }
  };
}

/**
 * Wraps a function that returns ids. If it fails or does not return a string, `instead` returns the
 * id. Logs only the first failure.
 */
export function guardIds(newId: () => string, instead: () => string, logger: Logger): () => string {
  const onFault = onlyOnce((error: unknown) =>
    logger.error("newId failed; another id replaces its result: {error}", { error })
  );
  return () => {
    try {
      const id = answerAtOnce(newId(), "newId");
      if (typeof id === "string" && id !== "") return id;
      throw new TypeError(`newId returned a value of type ${typeof id}, not a string`);
    } catch (error) {
      onFault(error);
      return instead();
    }
  };
}
