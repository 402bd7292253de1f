// Compares a stored payload with an expected part of it, at any depth.

/**
 * The expected part of a payload. Objects may omit properties; a property that is `undefined` must
 * be absent. Arrays must have the same length. Dates and similar values are compared as JSON.
 */
export type PayloadMatch<Payload> = Payload extends { toJSON(): infer Stored } ? Payload | Stored
  : Payload extends readonly (infer Item)[] ? readonly PayloadMatch<Item>[]
  : Payload extends object
    ? { readonly [Name in keyof Payload]?: PayloadMatch<Payload[Name]> | undefined }
  : Payload;

/**
 * Returns the differences between a stored payload and the expectation, as phrases; none if the
 * payload matches.
 */
export function payloadDifferences(
  expected: unknown,
  actual: unknown,
  path = "payload",
): string[] {
  const wanted = asStored(expected);
  const differs = [`${path} is ${show(actual)}, not ${show(wanted)}`];
  if (Array.isArray(wanted)) {
    if (!Array.isArray(actual) || actual.length !== wanted.length) return differs;
    return wanted.flatMap((item, i) => payloadDifferences(item, actual[i], `${path}[${i}]`));
  }
  if (isObject(wanted)) {
    if (!isObject(actual)) return differs;
    return Object.entries(wanted).flatMap(([name, value]) =>
      payloadDifferences(
        value,
        Object.hasOwn(actual, name) ? actual[name] : undefined,
        `${path}.${name}`,
      )
    );
  }
  return wanted === actual ? [] : differs;
}

/** Formats a value for a message. */
export function show(value: unknown): string {
  if (value === undefined) return "absent";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 200 ? `${text.slice(0, 197)}...` : text;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns a value as JSON would store it, one level deep. */
function asStored(value: unknown): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  const hasOwnForm = typeof value === "object" && value !== null && "toJSON" in value &&
    typeof value.toJSON === "function";
  return hasOwnForm ? (value as { toJSON(): unknown }).toJSON() : value;
}
