// Reads thrown values. JavaScript can throw any value: an error of another realm, an object whose
// getters throw, a Proxy whose traps throw or that was revoked. Nothing in this file throws, for
// any value.

/** A member of a value; undefined when there is none, or when reading it throws. */
export function readMember(value: unknown, name: PropertyKey): unknown {
  try {
    return (value as Record<PropertyKey, unknown> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

/** The enumerable members of an object; null when reading one of them throws. */
export function readEntries(value: object): [name: string, member: unknown][] | null {
  try {
    return Object.entries(value);
  } catch {
    return null;
  }
}

/** `value instanceof type`; false when the value or the class throws instead of telling. */
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

/** What `Object.prototype.toString` calls a value: `[object Error]` for an error of any realm. */
export function tagOf(value: unknown): string {
  try {
    return Object.prototype.toString.call(value);
  } catch {
    return "[object that cannot be read]";
  }
}

/** Whether a value is an error: of any realm, or an object that looks like one. */
export function isErrorLike(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (isInstance(value, Error) || tagOf(value) === "[object Error]") return true;
  if (typeof readMember(value, "message") !== "string") return false;
  return [readMember(value, "name"), readMember(value, "stack")].some((text) =>
    typeof text === "string"
  );
}

/**
 * Whether a value is an error of a class. One of the language's own classes is recognised by the
 * error's name as well, since an error of another realm is an instance of that realm's class.
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

/** The first `most` items of a list, and how many there are; none when it is not a list. */
export function readList(
  value: unknown,
  most: number,
): { readonly items: readonly unknown[]; readonly count: number } {
  let count = 0;
  try {
    if (Array.isArray(value)) count = value.length; // throws for a Proxy that was revoked
  } catch {
    count = 0;
  }
  if (!Number.isSafeInteger(count) || count < 0) count = 0;
  const items = Array.from({ length: Math.min(most, count) }, (_, at) => readMember(value, at));
  return { items, count };
}
