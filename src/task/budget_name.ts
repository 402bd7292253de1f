// The name of a rate limit's budget in storage: the type of its tasks, and the key.

/**
 * The separator of type and key (U+001F, "unit separator"), so that different pairs have different
 * names.
 */
const separator = "\x1f";

/**
 * Returns the name of a budget.
 *
 * @param key The result of the limit's `key`; empty for a limit without keys.
 */
export function budgetName(type: string, key: string): string {
  return type + separator + key;
}

/** Returns the type and the key of a budget's name. */
export function budgetParts(name: string): { readonly type: string; readonly key: string } {
  const end = name.indexOf(separator);
  return end === -1
    ? { type: name, key: "" }
    : { type: name.slice(0, end), key: name.slice(end + separator.length) };
}
