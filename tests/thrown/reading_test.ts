// Tests that isErrorOf() recognises errors of any realm.

import { assertEquals } from "@std/assert";
import { runInNewContext } from "node:vm";
import { isErrorOf } from "../../src/thrown/reading.ts";

class Special extends TypeError {}
class Unrelated {
  name = "Special";
  message = "x";
}

const foreign = (code: string): unknown => runInNewContext(code);

const cases: [what: string, value: unknown, type: new () => unknown, expected: boolean][] = [
  ["an error of the class", new TypeError(), TypeError, true],
  ["an error of a subclass", new Special(), TypeError, true],
  ["an error of another class", new RangeError(), TypeError, false],
  ["an error of the class in another realm", foreign("new TypeError('x')"), TypeError, true],
  ["an error of another class in another realm", foreign("new RangeError('x')"), TypeError, false],
  ["any error of another realm", foreign("new RangeError('x')"), Error, true],
  ["an object that is no error", foreign("({ name: 'TypeError' })"), TypeError, false],
  ["a text", "TypeError", TypeError, false],
  ["a value that only has the name of an application's class", new Unrelated(), Special, false],
];
for (const [what, value, type, expected] of cases) {
  Deno.test(`${what} is ${expected ? "" : "not "}taken for a ${type.name}`, () => {
    assertEquals(isErrorOf(value, type), expected);
  });
}
