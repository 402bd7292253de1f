// The part of @std/assert that the tests use, implemented with node:assert. It replaces that
// package if JSR is unreachable (see deno.ts), and has the same names and signatures. Where an
// assertion differs (for example for prototypes), it is stricter than the original, so a test that
// passes here also passes with the real package.

import assertStrict, { AssertionError } from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";

type Falsy = false | 0 | 0n | "" | null | undefined;
type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

/**
 * Returns the error that node:assert should throw instead of its own; undefined without a message.
 * An error and not a string, because only some type declarations of node:assert allow a string.
 */
function failure(msg: string | undefined): AssertionError | undefined {
  return msg === undefined ? undefined : new AssertionError({ message: msg });
}

/** Asserts that `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) fail(msg);
}

/** Asserts that `expr` is falsy. */
export function assertFalse(expr: unknown, msg?: string): asserts expr is Falsy {
  if (expr) fail(msg ?? `${show(expr)} is not falsy`);
}

/** Asserts that `actual` and `expected` are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  assertStrict.deepStrictEqual(actual, expected, failure(msg));
}

/** Asserts that `actual` and `expected` are not deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  assertStrict.notDeepStrictEqual(actual, expected, failure(msg));
}

/** Asserts that `actual` and `expected` are the same value. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  assertStrict.strictEqual(actual, expected, failure(msg));
}

/** Asserts that `actual` and `expected` are not the same value. */
export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  assertStrict.notStrictEqual(actual, expected, failure(msg));
}

/** Asserts that `actual` is neither null nor undefined. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) fail(msg ?? `expected a value, got ${actual}`);
}

/** Asserts that `actual` is an instance of `expectedType`. */
export function assertInstanceOf<T extends abstract new (...args: never[]) => unknown>(
  actual: unknown,
  expectedType: T,
  msg?: string,
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  fail(msg ?? `${show(actual)} is not an instance of ${expectedType.name}`);
}

/** Asserts that `actual` matches the regular expression. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  assertStrict.match(actual, expected, failure(msg));
}

/** Asserts that `actual` does not match the regular expression. */
export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void {
  assertStrict.doesNotMatch(actual, expected, failure(msg));
}

/** Asserts that `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) fail(msg ?? `${show(actual)} does not contain ${show(expected)}`);
}

/** Asserts that `actual` holds every element of `expected`. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  msg?: string,
): void {
  const present = Array.from(actual);
  const missing = Array.from(expected).filter((element) =>
    !present.some((other) => isDeepStrictEqual(element, other))
  );
  if (missing.length > 0) fail(msg ?? `${show(actual)} does not include ${show(missing)}`);
}

/** Asserts that `actual` has every property of `expected`, at any depth; it may have more. */
export function assertObjectMatch(
  actual: object,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  if (!matches(actual, expected)) fail(msg ?? `${show(actual)} does not match ${show(expected)}`);
}

/** Asserts that `actual` is greater than `expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) fail(msg ?? `${show(actual)} is not greater than ${show(expected)}`);
}

/** Asserts that `actual` is at least `expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) fail(msg ?? `${show(actual)} is less than ${show(expected)}`);
}

/** Asserts that `actual` is less than `expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) fail(msg ?? `${show(actual)} is not less than ${show(expected)}`);
}

/** Asserts that `actual` is at most `expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) fail(msg ?? `${show(actual)} is greater than ${show(expected)}`);
}

/**
 * Asserts that two numbers differ by no more than `tolerance` (one ten-millionth of `expected` when
 * omitted).
 */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  if (Math.abs(expected - actual) <= allowed) return;
  fail(msg ?? `${actual} is not within ${allowed} of ${expected}`);
}

/**
 * Asserts that `error` is an error of the class, whose message contains or matches `msgMatches`.
 */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  // The cast of the default allows E to be inferred from an optional argument.
  ErrorClass: ErrorClass<E> = Error as unknown as ErrorClass<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof ErrorClass)) {
    fail(msg ?? `expected an error of class ${ErrorClass.name}, got ${show(error)}`, error);
  }
  const { message } = error;
  const found = typeof msgMatches === "string"
    ? message.includes(msgMatches)
    : msgMatches?.test(message) ?? true;
  if (!found) fail(msg ?? `${show(message)} does not contain ${show(msgMatches)}`, error);
}

/** Asserts that `fn` throws, and returns its error. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/**
 * Asserts that `fn` throws an error of the class, whose message contains `msgIncludes`, and returns
 * it.
 */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  classOrMsg?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  try {
    fn();
  } catch (error) {
    if (typeof classOrMsg === "function") assertIsError(error, classOrMsg, msgIncludes, msg);
    return error;
  }
  fail(msg ?? (typeof classOrMsg === "string" ? classOrMsg : "expected the function to throw"));
}

/** Asserts that `fn` returns a promise that is rejected, and resolves to the reason. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/**
 * Asserts that `fn` returns a promise that is rejected with an error of the class, whose message
 * contains `msgIncludes`. Resolves to the error.
 */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    fail("expected the function to reject, but it threw at once", error);
  }
  try {
    await promise;
  } catch (error) {
    if (typeof classOrMsg === "function") assertIsError(error, classOrMsg, msgIncludes, msg);
    return error;
  }
  fail(msg ?? (typeof classOrMsg === "string" ? classOrMsg : "expected the function to reject"));
}

/** Fails. */
export function fail(msg?: string, cause?: unknown): never {
  const error = new AssertionError({ message: msg || "Failed assertion.", stackStartFn: fail });
  if (cause !== undefined) error.cause = cause;
  throw error;
}

/** Fails because the line was expected to be unreachable. */
export function unreachable(reason?: string): never {
  fail(reason ?? "Unreachable.");
}

function matches(actual: unknown, expected: unknown): boolean {
  if (!isPlain(actual) || !isPlain(expected)) return isDeepStrictEqual(actual, expected);
  if (Array.isArray(expected) !== Array.isArray(actual)) return false;
  return Reflect.ownKeys(expected).every((key) => matches(actual[key], expected[key]));
}

function isPlain(value: unknown): value is Record<PropertyKey, unknown> {
  if (typeof value !== "object" || value === null) return false;
  return [Object.prototype, Array.prototype, null].includes(Object.getPrototypeOf(value));
}

function show(value: unknown): string {
  return Deno.inspect(value, { strAbbreviateSize: 500 });
}
