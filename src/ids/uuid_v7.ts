// UUID version 7: ids that sort by time. Inserts of such ids touch only the last pages of an
// index, which makes them several times faster than inserts of random ids on every store. Monotonic
// within a process, by the counter method of RFC 9562, section 6.2, method 1.

import { InvalidArgumentError } from "../guards/errors.ts";

/**
 * Fills an array with random bytes: `crypto.getRandomValues` in programs, a repeatable source in
 * tests.
 */
// `Uint8Array<ArrayBuffer>`, or `Uint8Array` before TypeScript 5.7, which has no type parameter.
export type FillRandom = (bytes: ReturnType<Uint8ArrayConstructor["of"]>) => void;

/** The cryptographically strong randomness of the runtime. */
export const systemRandom: FillRandom = (bytes) => {
  crypto.getRandomValues(bytes);
};

const digits = Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
const hyphen = "-".charCodeAt(0);
const bytesPerId = 8;
const idsPerFill = 256;

/**
 * Returns a generator of UUIDs version 7. Each is larger (as a string) than the previous one, also
 * within one millisecond and after the clock was set back.
 *
 * Layout: 48 bits of Unix milliseconds, 12 bits of a counter that starts below its half every
 * millisecond and borrows from the next millisecond when it overflows, 62 random bits.
 */
export function uuidV7Generator(now: () => number, fillRandom: FillRandom): () => string {
  const random = new Uint8Array(bytesPerId * idsPerFill);
  let offset = random.length;
  let time = -1;
  let counter = 0;
  // Build a flat string: a concatenated string is flattened again when it is stored or hashed,
  // which takes twice as long.
  const characters = new Array<number>(36).fill(hyphen);
  return () => {
    if (offset === random.length) {
      fillRandom(random);
      offset = 0;
    }
    const at = offset;
    offset += bytesPerId;
    const current = now();
    if (current > time) startMillisecond(current, (random[at + 7]! << 3) | (random[at]! >> 5));
    else if (++counter > 0xfff) startMillisecond(time + 1, 0);
    put(14, 0x70 | (counter >> 8));
    put(16, counter & 0xff);
    put(19, 0x80 | (random[at]! & 0x3f));
    put(21, random[at + 1]!);
    for (let byte = 2; byte < bytesPerId; byte++) put(20 + 2 * byte, random[at + byte]!);
    return String.fromCharCode.apply(null, characters);
  };

  function startMillisecond(milliseconds: number, count: number): void {
    time = milliseconds;
    counter = count;
    for (let byte = 0, left = milliseconds; byte < 6; byte++, left = Math.floor(left / 256)) {
      put(timePlaces[byte]!, left % 256);
    }
  }

  function put(place: number, byte: number): void {
    characters[place] = digits[byte >> 4]!;
    characters[place + 1] = digits[byte & 0xf]!;
  }
}

/** The positions of the bytes of the time, lowest byte first. */
const timePlaces = [11, 9, 6, 4, 2, 0];

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Reports whether a value is a UUID in the form of ids: lower case, with hyphens. */
export function isUuid(text: unknown): text is string {
  return typeof text === "string" && uuid.test(text);
}

/** Returns the instant in a UUID version 7, in epoch milliseconds; null for any other string. */
export function instantOfId(id: string): number | null {
  return isUuid(id) && id[14] === "7" ? parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : null;
}

/**
 * Normalizes a task's id, which some tools show in upper case. Returns null if the string is not a
 * UUID, so no task can have this id.
 *
 * @throws {InvalidArgumentError} If it is not a string.
 */
export function parseTaskId(text: unknown): string | null {
  if (typeof text !== "string") {
    throw new InvalidArgumentError("taskId", text, "be the id of a task, as a string");
  }
  const id = text.toLowerCase();
  return isUuid(id) ? id : null;
}
