// Values: payloads, thrown errors, ids, durations and instants.

import type { Mutant } from "../mutant.ts";

const payload = "src/payload/payload.ts";
const payloadTests = ["tests/payload/payload_test.ts"];
const jsonLosses = "src/payload/json_losses.ts";
const jsonLossesTests = ["tests/payload/payload_test.ts"];
const describeError = "src/thrown/describe_error.ts";
const describeErrorTests = ["tests/thrown/describe_error_test.ts"];
const errorChain = "src/thrown/error_chain.ts";
const errorChainTests = ["tests/thrown/error_chain_test.ts"];
const describeValue = "src/thrown/describe_value.ts";
const describeValueTests = ["tests/thrown/describe_value_test.ts"];
const cutText = "src/thrown/cut_text.ts";
const cutTextTests = ["tests/thrown/describe_value_test.ts", "tests/thrown/describe_error_test.ts"];
const reading = "src/thrown/reading.ts";
const readingTests = ["tests/thrown/reading_test.ts"];
const uuidV7 = "src/ids/uuid_v7.ts";
const uuidV7Tests = ["tests/ids/uuid_v7_test.ts"];
const duration = "src/time/duration.ts";
const durationTests = ["tests/time/duration_test.ts"];
const instant = "src/time/instant.ts";
const instantTests = ["tests/time/instant_test.ts"];
const storageClock = "src/time/storage_clock.ts";
const storageClockTests = ["tests/time/storage_clock_test.ts"];
const within = "src/time/within.ts";
const withinTests = ["tests/time/within_test.ts"];

export const values: readonly Mutant[] = [
  {
    file: payload,
    original: "textOf(again.value) === settled",
    replacement: "true",
    tests: payloadTests,
  },
  {
    file: payload,
    original: "if (settled === null || settled === text) return asGiven;",
    replacement: "if (settled === null) return asGiven;",
    tests: payloadTests,
  },
  {
    file: payload,
    original: "payload === undefined ? null : payload",
    replacement: "payload",
    tests: payloadTests,
  },
  {
    file: payload,
    original: "text !== undefined && findJsonLoss(value) === null ? text : null",
    replacement: "text ?? null",
    tests: payloadTests,
  },
  {
    file: jsonLosses,
    original: "Number.isFinite(value) ? null :",
    replacement: "!Number.isNaN(value) ? null :",
    tests: jsonLossesTests,
  },
  {
    file: jsonLosses,
    original: "if (depth > deepest) return tooDeep();",
    replacement: "if (depth >= deepest) return tooDeep();",
    tests: jsonLossesTests,
  },
  {
    file: jsonLosses,
    original: "prototype !== Object.prototype && prototype !== null",
    replacement: "prototype !== Object.prototype",
    tests: jsonLossesTests,
    equivalent:
      "The second check accepts an object without a prototype, because its kind is Object.",
  },
  {
    file: jsonLosses,
    original: "loss.path.unshift(key);",
    replacement: "loss.path.push(key);",
    tests: jsonLossesTests,
  },
  {
    file: describeError,
    original: "if (this.#told.has(thrown)) return",
    replacement: "if (false as boolean) return",
    tests: describeErrorTests,
  },
  {
    file: describeError,
    original: "if (depth === deepest) return",
    replacement: "if (false as boolean) return",
    tests: describeErrorTests,
  },
  {
    file: describeError,
    original: "if (text.length <= longestDescription) return text;",
    replacement: "if (text.length < longestDescription) return text;",
    tests: describeErrorTests,
  },
  {
    file: describeError,
    original: "if (head.includes(name)) return stack;",
    replacement: "return stack;",
    tests: describeErrorTests,
  },
  {
    file: describeError,
    original: "if (partCount > parts.length) this.#write",
    replacement: "if (false as boolean) this.#write",
    tests: describeErrorTests,
  },
  {
    file: errorChain,
    original: "depth > deepest",
    replacement: "depth >= deepest",
    tests: errorChainTests,
  },
  {
    file: errorChain,
    original: "seen.size >= mostErrors || seen.has(thrown)",
    replacement: "seen.size >= mostErrors",
    tests: errorChainTests,
  },
  {
    file: errorChain,
    original: "seen.size >= mostErrors || seen.has(thrown)",
    replacement: "seen.has(thrown)",
    tests: errorChainTests,
  },
  {
    file: describeValue,
    original: `Number.isNaN(value.getTime()) ? "an invalid Date" : value.toISOString()`,
    replacement: "value.toISOString()",
    tests: describeValueTests,
  },
  {
    file: describeValue,
    original: "if (left-- <= 0) return undefined;",
    replacement: "",
    tests: describeValueTests,
  },
  {
    file: describeValue,
    original: `tag === "[object Object]" ? "{}" : tag`,
    replacement: `"{}"`,
    tests: describeValueTests,
  },
  {
    file: cutText,
    original: `.replace(/[\\uD800-\\uDBFF]$/, "")`,
    replacement: "",
    tests: cutTextTests,
  },
  {
    file: reading,
    original: "const isBuiltIn = readMember(globalThis, name) === type;",
    replacement: "const isBuiltIn = true;",
    tests: readingTests,
  },
  {
    file: reading,
    original: "return type === Error || readMember",
    replacement: "return readMember",
    tests: ["tests/worker/attempt/thrown_values_test.ts", "tests/thrown/reading_test.ts"],
  },
  {
    file: uuidV7,
    original: "if (current > time) startMillisecond",
    replacement: "if (current !== time) startMillisecond",
    tests: uuidV7Tests,
  },
  {
    file: uuidV7,
    original: "startMillisecond(time + 1, 0)",
    replacement: "startMillisecond(time, 0)",
    tests: uuidV7Tests,
  },
  {
    file: uuidV7,
    original: "put(19, 0x80 | (random[at]! & 0x3f));",
    replacement: "put(19, random[at]!);",
    tests: uuidV7Tests,
  },
  {
    file: uuidV7,
    original: "const id = text.toLowerCase();",
    replacement: "const id = text;",
    tests: uuidV7Tests,
  },
  {
    file: duration,
    original: "milliseconds <= longestDurationMs",
    replacement: "milliseconds < longestDurationMs",
    tests: durationTests,
  },
  {
    file: duration,
    original: "if (parts.length === 0) throw new InvalidArgumentError(argument, duration, remedy);",
    replacement: "",
    tests: durationTests,
  },
  {
    file: duration,
    original: "return Math.round(total);",
    replacement: "return total;",
    tests: durationTests,
  },
  {
    file: duration,
    original: "!Number.isFinite(total) || total < 0",
    replacement: "!Number.isFinite(total)",
    tests: durationTests,
  },
  {
    file: instant,
    original: "if (isDay(Number(year), Number(month), Number(day))) {",
    replacement: "if (year !== undefined) {",
    tests: instantTests,
  },
  {
    file: instant,
    original: "epoch >= earliestInstant && epoch <= latestInstant",
    replacement: "epoch >= earliestInstant",
    tests: instantTests,
  },
  {
    file: instant,
    original: `instant.replace(",", ".")`,
    replacement: "instant",
    tests: instantTests,
  },
  {
    file: storageClock,
    original: "Math.round(this.#clock.monotonic() + this.#offset)",
    replacement: "this.#clock.now()",
    tests: storageClockTests,
  },
  {
    file: storageClock,
    original: "Math.round(monotonic + this.#offset)",
    replacement: "monotonic + this.#offset",
    tests: storageClockTests,
  },
  {
    file: within,
    original: `cancel();
  }`,
    replacement: "}",
    tests: withinTests,
  },
  {
    file: within,
    original: "something.catch(() => {});",
    replacement: "",
    tests: withinTests,
    equivalent: "Promise.race also adds a rejection handler to the promise.",
  },
];
