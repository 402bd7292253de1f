// Guards the application's clock. If that clock fails, the system's clock is used.

import { answerAtOnce, callAndForget, onlyOnce } from "../guards/calls.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import { guardLogger } from "../log/guarded_logger.ts";
import { consoleLogger, type Logger } from "../log/logger.ts";
import { type Clock, systemClock } from "./clock.ts";

/**
 * Wraps a clock so that no call throws and every reading is a number. Logs only the first failure.
 */
export function guardClock(
  clock: Clock,
  logger: Logger = guardLogger(consoleLogger),
): Clock {
  if (clock === systemClock) return clock;
  const onFault = onlyOnce((error: unknown) =>
    logger.error("The clock failed; the system's replaces it whenever it fails: {error}", { error })
  );
  return {
    now: guardReading(() => clock.now(), systemClock.now(), onFault),
    monotonic: guardReading(() => clock.monotonic(), systemClock.monotonic(), onFault),
    setTimer(callback, delayMs, options) {
      const callOnce = onlyOnce(callback);
      try {
        const cancel = checkedCancel(clock.setTimer(callOnce, delayMs, options));
        return () => callAndForget(cancel, onFault);
      } catch (error) {
        onFault(error);
        return systemClock.setTimer(callOnce, delayMs, options);
      }
    },
  };
}

/** @param first The time to return if the first reading fails. */
function guardReading(
  read: () => number,
  first: number,
  onFault: (error: unknown) => void,
): () => number {
  let last = first;
  let lastAt = systemClock.monotonic();
  return () => {
    const at = systemClock.monotonic();
    try {
      last = checked(answerAtOnce(read(), "clock"));
      lastAt = at;
      return last;
    } catch (error) {
      onFault(error);
      return last + (at - lastAt);
    }
  };
}

/**
 * Checks that `setTimer` returned a function that cancels the timer. If `setTimer` did not, the
 * clock may not have set the timer.
 */
function checkedCancel(cancel: unknown): () => void {
  if (typeof cancel === "function") return cancel as () => void;
  const remedy = "return a function that cancels the timer";
  throw new InvalidArgumentError("clock.setTimer", answerAtOnce(cancel, "clock.setTimer"), remedy);
}

function checked(reading: unknown): number {
  if (typeof reading === "number" && Number.isFinite(reading)) return reading;
  throw new InvalidArgumentError("clock", reading, "return milliseconds as a finite number");
}
