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
  /** Calls the listener when the signal comes. */
  on(signal: StopSignal, listener: () => void): unknown;
  /** Ends {@linkcode SignalSource.on}. */
  off(signal: StopSignal, listener: () => void): unknown;
  /** Ends the process: called at the second signal. */
  exit?(code: number): unknown;
}

/** Options of {@linkcode stopOnSignals}. */
export interface StopOnSignalsOptions {
  /** Which signals. @default ["SIGINT", "SIGTERM"] */
  readonly signals?: readonly StopSignal[];
  /**
   * How long running handlers may continue: less than the service manager's timeout. @default 30
   * seconds
   */
  readonly timeout?: Duration;
}

/** What {@linkcode stopOnSignals} gives. */
export interface SignalWatch {
  /**
   * Resolves with the signal once everything has stopped; rejects if stopping fails. Never settles
   * without a signal.
   */
  readonly stopped: Promise<StopSignal>;
  /** Ends the watch: the signals have their usual effect again. */
  end(): void;
}

/**
 * Stops an instance at the first SIGINT or SIGTERM. The process itself ends when nothing else keeps
 * it alive; do the rest of your clean-up when `stopped` resolves. A second signal ends the process
 * at once, with the exit code of a shell (143 for SIGTERM): by `exit`, since the system ignores
 * unhandled signals of the first process of a container.
 *
 * @throws {InvalidArgumentError} If an argument cannot be used.
 *
 * @param stoppable What to stop.
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
