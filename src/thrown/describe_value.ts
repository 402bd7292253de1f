// Shows any value in an error message.

import { cutText } from "./cut_text.ts";
import { isInstance, readMember, tagOf } from "./reading.ts";

/** The default maximum length of a value's text. */
const usualLength = 80;

/**
 * Renders any value on one line. Never throws.
 *
 * @param longest The maximum length, in UTF-16 code units, without the quotes of a string.
 */
export function describeValue(value: unknown, longest = usualLength): string {
  if (typeof value === "string") return JSON.stringify(shorten(value, longest));
  return shorten(textOf(value, longest), longest);
}

function shorten(text: string, longest: number): string {
  return text.length <= longest ? text : `${cutText(text, longest - 3)}...`;
}

function textOf(value: unknown, longest: number): string {
  switch (typeof value) {
    case "bigint":
      return `${value}n`;
    case "function": {
      const name = readMember(value, "name");
      return `the function ${typeof name === "string" && name !== "" ? name : "(anonymous)"}`;
    }
    case "object":
      return value === null ? "null" : describeObject(value, longest);
    default:
      return String(value);
  }
}

function describeObject(value: object, longest: number): string {
  try {
    if (isInstance(value, Date)) {
      return Number.isNaN(value.getTime()) ? "an invalid Date" : value.toISOString();
    }
    const text = JSON.stringify(value, firstParts(longest)) ?? tagOf(value);
    return text === "{}" ? emptyObject(value) : text;
  } catch {
    return tagOf(value);
  }
}

/**
 * Describes an object without properties. A Map, a promise and similar objects are not shown as
 * `{}`.
 */
function emptyObject(value: object): string {
  const tag = tagOf(value);
  return tag === "[object Object]" ? "{}" : tag;
}

/**
 * Returns a replacer for `JSON.stringify` that omits the parts after the first `most`: they are
 * never visible, because every part takes at least one character. Without the replacer, an object
 * with many shared references or a sparse array with a billion holes would take very long.
 */
function firstParts(most: number): (key: string, part: unknown) => unknown {
  let left = most;
  return (_, part) => {
    if (left-- <= 0) return undefined;
    if (typeof part === "string") return cutText(part, most);
    if (Array.isArray(part) && part.length > most) return part.slice(0, most);
    return ArrayBuffer.isView(part) ? tagOf(part) : part;
  };
}
