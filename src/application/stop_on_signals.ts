// Stops an instance when the operating system asks the process to end. The core is independent of
// the runtime: the caller passes the object that emits signals.

import { checkMethods, checkNames, checkOptions } from "../guards/argument_checks.ts";
import { type Duration, toMilliseconds } from "../time/duration.ts";

/** A signal that asks a process to end. */
export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGBREAK";

/**
 * The exit codes of processes that a signal ended, by the convention of shells: 128 plus the
 * signal's number.
 */
const exitCodes: Readonly<Record<StopSignal, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
  SIGBREAK: 149,
};

/** The emitter of signals: `process` in Node, Bun and Deno. */
export interface SignalSource {
  /** Adds a listener of a signal. */
  on(signal: StopSignal, listener: () => void): unknown;
  /** Removes a listener. */
  off(signal: StopSignal, listener: () => void): unknown;
  /** Ends the process. Called at the second signal. */
  exit?(code: number): unknown;
}

/** Options of {@linkcode stopOnSignals}. */
export interface StopOnSignalsOptions {
  /** The signals. @default ["SIGINT", "SIGTERM"] */
  readonly signals?: readonly StopSignal[];
  /**
   * The time for which running handlers may continue. Choose less than the service manager's
   * timeout.
   * @default 30 seconds
   */
  readonly timeout?: Duration;
}

/** The result of {@linkcode stopOnSignals}. */
export interface SignalWatch {
  /**
   * Resolves with the signal once the instance has stopped; rejects if stopping fails. Stays
   * pending if no signal arrives.
   */
  readonly stopped: Promise<StopSignal>;
  /** Removes the listeners, so that the signals have their usual effect again. */
  end(): void;
}

/**
 * Stops an instance at the first SIGINT or SIGTERM. The process ends when nothing else keeps it
 * alive; do other clean-up when `stopped` resolves. A second signal ends the process at once by
 * `exit`, with the exit code of shells (143 for SIGTERM). Removing the listeners would not suffice:
 * for the first process of a container, the system ignores signals that have no listener.
 *
 * @throws {InvalidArgumentError} If an argument is invalid.
 *
 * @param stoppable The instance to stop.
 * @param source `process`, in Node, Bun and Deno (`import process from "node:process"`).
 *
 * @example
 * ```ts
 * import process from "node:process";
 * import { createEverTask, stopOnSignals } from "@evertask/evertask";
 * import { memoryStorage } from "@evertask/evertask/memory";
 *
 * const everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
 * await everTask.start();
 * const signals = stopOnSignals(everTask, process, { timeout: { seconds: 20 } });
 * // await signals.stopped;
 * signals.end();
 * await everTask.stop();
 * ```
 */
export function stopOnSignals(
  stoppable: { stop(options?: { readonly timeout?: Duration }): Promise<void> },
  source: SignalSource,
  options: StopOnSignalsOptions = {},
): SignalWatch {
  checkMethods(stoppable, ["stop"], "stoppable", "be an instance made by createEverTask");
  checkMethods(source, ["on", "off"], "source", "be `process`, of node:process");
  checkOptions(options, { signals: true, timeout: true }, "options");
  const { signals = ["SIGINT", "SIGTERM"], timeout } = options;
  checkNames(signals, Object.keys(exitCodes), "options.signals");
  if (timeout !== undefined) toMilliseconds(timeout, "options.timeout");
  let end = (): void => {};
  const stopped = new Promise<StopSignal>((resolve, reject) => {
    let isStopping = false;
    const listeners = signals.map((signal) => {
      const listener = () => {
        if (isStopping) return void source.exit?.(exitCodes[signal]);
        isStopping = true;
        if (source.exit === undefined) end(); // the next signal has its usual effect
        stoppable.stop(timeout === undefined ? {} : { timeout })
          .finally(end)
          .then(() => resolve(signal), reject);
      };
      return [signal, listener] as const;
    });
    end = () => {
      for (const [signal, listener] of listeners) source.off(signal, listener);
    };
    for (const [signal, listener] of listeners) source.on(signal, listener);
  });
  return { stopped, end };
}
