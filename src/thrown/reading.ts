// Reads thrown values safely. JavaScript can throw any value: an error of another realm, an object
// whose getters throw, a Proxy whose traps throw or that was revoked. No function of this file
// throws, for any value.

/** Returns a property of a value; undefined if there is none or reading it throws. */
export function readMember(value: unknown, name: PropertyKey): unknown {
  try {
    return (value as Record<PropertyKey, unknown> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

/** Returns the enumerable properties of an object; null if reading one of them throws. */
export function readEntries(value: object): [name: string, member: unknown][] | null {
  try {
    return Object.entries(value);
  } catch {
    return null;
  }
}

/** Returns `value instanceof type`; false if the check throws. */
export function isInstance<T>(
  value: unknown,
  type: abstract new (...args: never[]) => T,
): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/**
 * Returns the result of `Object.prototype.toString`, such as `[object Error]` for an error of any
 * realm.
 */
export function tagOf(value: unknown): string {
  try {
    return Object.prototype.toString.call(value);
  } catch {
    return "[object that cannot be read]";
  }
}

/** Reports whether a value is an error of any realm, or an object like an error. */
export function isErrorLike(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (isInstance(value, Error) || tagOf(value) === "[object Error]") return true;
  if (typeof readMember(value, "message") !== "string") return false;
  return [readMember(value, "name"), readMember(value, "stack")].some((text) =>
    typeof text === "string"
  );
}

/**
 * Reports whether a value is an error of a class. Built-in classes are also recognised by the
 * error's name, because an error of another realm is an instance of that realm's class.
 */
export function isErrorOf(
  value: unknown,
  type: abstract new (...args: never[]) => unknown,
): boolean {
  if (isInstance(value, type)) return true;
  const name = readMember(type, "name") as string;
  const isBuiltIn = readMember(globalThis, name) === type;
  if (!isBuiltIn || !isErrorLike(value)) return false;
  return type === Error || readMember(value, "name") === name;
}

/**
 * Returns the first `most` items of an array and the number of all items; no items and 0 if the
 * value is not an array.
 */
export function readList(
  value: unknown,
  most: number,
): { readonly items: readonly unknown[]; readonly count: number } {
  let count = 0;
  try {
    if (Array.isArray(value)) count = value.length; // throws for a revoked Proxy
  } catch {
    count = 0;
  }
  if (!Number.isSafeInteger(count) || count < 0) count = 0;
  const items = Array.from({ length: Math.min(most, count) }, (_, at) => readMember(value, at));
  return { items, count };
}
