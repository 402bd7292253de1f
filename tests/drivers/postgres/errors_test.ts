// The conversion of the database's errors.

import { assertEquals, assertInstanceOf } from "@std/assert";
import { isOfNoUse, toStorageError } from "../../../drivers/postgres/errors.ts";
import {
  StorageClosedError,
  StorageError,
  StorageFullError,
  StorageReadOnlyError,
  StorageUnavailableError,
} from "../../../src/storage/errors.ts";

const meanings: [codes: string[], meaning: typeof StorageError][] = [
  [
    [
      "08006",
      "08P01",
      "23505",
      "25006",
      "25P03",
      "25P04",
      "40001",
      "40P01",
      "53200",
      "53300",
      "55P03",
    ],
    StorageUnavailableError,
  ],
  [
    ["57014", "57P01", "57P03"],
    StorageUnavailableError,
  ],
  [
    ["CONNECTION_CLOSED", "CONNECTION_ENDED", "CONNECT_TIMEOUT", "ECONNREFUSED", "ECONNRESET"],
    StorageUnavailableError,
  ],
  [["53100"], StorageFullError],
  [["42501"], StorageReadOnlyError],
  [["22P02", "26000", "42P01", "28P01", "SASL_SIGNATURE_MISMATCH", ""], StorageError],
];

for (const [codes, meaning] of meanings) {
  for (const code of codes) {
    Deno.test(`${code || "an error without a code"} is a ${meaning.name}`, () => {
      const cause = Object.assign(new Error("what the database said"), { code });
      const error = toStorageError(cause);
      assertEquals(error.constructor, meaning);
      assertEquals(error.cause, cause);
      assertEquals(error.message.includes("what the database said"), true);
      assertEquals(
        error.transient,
        [StorageUnavailableError, StorageFullError].includes(meaning as never),
      );
    });
  }
}

Deno.test("an AggregateError of failed addresses is a StorageUnavailableError", () => {
  const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
  assertInstanceOf(toStorageError(new AggregateError([refused])), StorageUnavailableError);
});

Deno.test("an error that is a StorageError already stays unchanged", () => {
  const closed = new StorageClosedError("closed");
  assertEquals(toStorageError(closed), closed);
});

Deno.test("a server that is read-only or starting counts as unusable", () => {
  const codes = ["25006", "57P03", "57P01", "40001", "53300", ""];
  assertEquals(codes.filter(isOfNoUse), ["25006", "57P03"]);
});
