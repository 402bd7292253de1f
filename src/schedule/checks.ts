// Checks single values of a recurrence from a user or a row. Each error names the invalid value.

import { InvalidScheduleError } from "./errors.ts";

/** Returns the value, possibly normalized, or throws {@linkcode InvalidScheduleError}. */
export type Check<T> = (value: unknown, name: string) => T;

/** Accepts integers of a range. */
export function integer(min: number, max: number): Check<number> {
  return (value, name) => {
    if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) {
      return value as number;
    }
    throw new InvalidScheduleError(name, value, `be a whole number from ${min} to ${max}`);
  };
}

/** Accepts one of several strings or numbers. */
export function oneOf<const T extends string | number>(allowed: readonly T[]): Check<T> {
  return (value, name) => {
    if (allowed.includes(value as T)) return value as T;
    const list = allowed.map((item) => JSON.stringify(item)).join(", ");
    throw new InvalidScheduleError(name, value, `be one of ${list}`);
  };
}

/** Accepts any string. */
export function text(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  throw new InvalidScheduleError(name, value, "be a string");
}

/** Accepts a non-empty array; returns it sorted and without duplicates. */
export function listOf<T>(item: Check<T>, order: (a: T, b: T) => number): Check<readonly T[]> {
  return (value, name) => {
    if (!Array.isArray(value) || value.length === 0) {
      throw new InvalidScheduleError(name, value, "be a list of at least one value");
    }
    const items = value.map((entry, index) => item(entry, `${name}[${index}]`));
    return [...new Set(items)].sort(order);
  };
}

/**
 * The fields of an object. Each field is read once. Finally, {@linkcode Fields.refuseOthers} checks
 * that no field is left.
 */
export class Fields {
  readonly #name: string;
  readonly #left: Map<string, unknown>;

  private constructor(name: string, values: object) {
    this.#name = name;
    this.#left = new Map(Object.entries(values).filter(([, value]) => value !== undefined));
  }

  /** @throws {InvalidScheduleError} If the value is not a plain object. */
  static of(value: unknown, name: string): Fields {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new InvalidScheduleError(name, value, "be an object");
    }
    return new Fields(name, value);
  }

  required<T>(field: string, check: Check<T>): T {
    const value = this.#left.get(field);
    this.#left.delete(field);
    return check(value, field);
  }

  optional<T>(field: string, check: Check<T>): T | undefined {
    return this.#left.has(field) ? this.required(field, check) : undefined;
  }

  /**
   * @throws {InvalidScheduleError} If a field is left. It may be misspelt, or belong to another
   * kind of recurrence.
   */
  refuseOthers(): void {
    for (const [field, value] of this.#left) {
      throw new InvalidScheduleError(
        field,
        value,
        `be left out: ${this.#name} has no such field here`,
      );
    }
  }
}
