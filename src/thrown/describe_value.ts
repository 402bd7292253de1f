// Shows any value in an error message.

import { cutText } from "./cut_text.ts";
import { isInstance, readMember, tagOf } from "./reading.ts";

/** How long the text of a value is, where nothing else is said. */
const usualLength = 80;

/**
 * Renders any value on one line. Never throws.
 *
 * @param longest The longest text, in UTF-16 code units, without the quotes of a string.
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

/** A Map, a promise and the like have no properties, and are not empty for that. */
function emptyObject(value: object): string {
  const tag = tagOf(value);
  return tag === "[object Object]" ? "{}" : tag;
}

/**
 * A replacer for `JSON.stringify` that leaves out what would not be shown: every part takes at
 * least one character. An object of a few parts that refer to each other, or a list of a billion
 * holes, would take very long otherwise.
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
