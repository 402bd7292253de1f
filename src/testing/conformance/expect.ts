// The suite's own assertions, without dependencies, so that the suite runs under any test runner.

import { EverTaskError } from "../../guards/errors.ts";

/**
 * A store violates the contract. The message has the expectation, the actual value and the expected
 * value.
 */
export class ConformanceError extends EverTaskError {
  /** `ConformanceError` */
  override name = "ConformanceError";
}

/** Fails unless the condition holds. */
export function expectThat(condition: boolean, expectation: string): asserts condition {
  if (!condition) throw new ConformanceError(expectation);
}

/**
 * Fails unless both are the same data: numbers, strings, null, arrays and plain objects, compared
 * deeply.
 */
export function expectSame<T>(actual: T, expected: T, expectation: string): void {
  if (same(actual, expected)) return;
  throw new ConformanceError(
    `${expectation}\n  expected: ${show(expected)}\n  actual:   ${show(actual)}`,
  );
}

/** Fails unless both arrays have the same items, in any order. */
export function expectSameSet(
  actual: readonly string[],
  expected: readonly string[],
  expectation: string,
): void {
  expectSame([...actual].sort(), [...expected].sort(), expectation);
}

/** Returns the value. Fails if it is null or undefined. */
export function expectValue<T>(value: T | null | undefined, expectation: string): T {
  expectThat(value !== null && value !== undefined, expectation);
  return value;
}

/**
 * Fails unless an instant is near the expected one. The two may differ a little, because the clock
 * of a database server advances during a case. Cases advance the time by much more than the
 * tolerance.
 */
export function expectNear(actual: number | null, expected: number, expectation: string): void {
  const near = actual !== null && Number.isInteger(actual) && Math.abs(actual - expected) <= 20_000;
  if (near) return;
  throw new ConformanceError(
    `${expectation}\n  expected: about ${expected}, a whole number\n  actual:   ${actual}`,
  );
}

/** Fails unless the promise is rejected with an error of that class, and returns the error. */
export async function expectRejection<E extends Error>(
  promise: Promise<unknown>,
  ErrorClass: abstract new (...args: never[]) => E,
  expectation: string,
): Promise<E> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ErrorClass) return error;
    throw new ConformanceError(`${expectation}\n  it failed with another error: ${error}`, {
      cause: error,
    });
  }
  throw new ConformanceError(`${expectation}\n  it did not fail`);
}

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same(a[key as never], b[key as never]));
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 2_000 ? `${text.slice(0, 2_000)}… (${text.length} characters)` : text;
}
