// Calls functions of the application. They may throw, or return a promise that rejects. Such an
// error must not reach unrelated code. Every rejection needs a handler, because an unhandled
// rejection would end the process.

import { readMember } from "../thrown/reading.ts";
import { InvalidArgumentError } from "./errors.ts";

/** Reports whether a value is a promise, of any realm or library. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  const isObject = typeof value === "object" || typeof value === "function";
  return isObject && value !== null && typeof readMember(value, "then") === "function";
}

/** Calls a function and ignores its result. Passes its error or rejection to `onFault`. */
export function callAndForget(call: () => unknown, onFault: (error: unknown) => void): void {
  try {
    const result = call();
    if (isPromiseLike(result)) Promise.resolve(result).catch(onFault);
  } catch (error) {
    onFault(error);
  }
}

/**
 * Returns the result of a function of the application that must be synchronous.
 *
 * @param answer The result of a function of the application.
 * @param name The name of the function in the application.
 * @throws {InvalidArgumentError} If `answer` is a promise. Its rejection is ignored.
 */
export function answerAtOnce<T>(answer: T, name: string): T {
  if (!isPromiseLike(answer)) return answer;
  Promise.resolve(answer).catch(() => {});
  throw new InvalidArgumentError(name, answer, "return its result synchronously, not as a promise");
}

/** Wraps a function so that only its first call has an effect. */
export function onlyOnce<Args extends unknown[]>(
  call: (...args: Args) => void,
): (...args: Args) => void {
  let called = false;
  return (...args) => {
    if (called) return;
    called = true;
    call(...args);
  };
}
