// The conversion of errors of the server and of mssql.

import { assertEquals } from "@std/assert";
import { toStorageError } from "../../../drivers/sqlserver/errors.ts";
import { StorageError, StorageUnavailableError } from "../../../src/storage/errors.ts";

function failure(members: object, cause?: unknown): Error {
  return Object.assign(new Error("what was said", { cause }), members);
}

for (
  const [what, error, meaning] of [
    ["a login that is refused", failure({ number: 18456, code: "ETIMEOUT" }), StorageError],
    ["a connection that broke", failure({ code: "ESOCKET" }), StorageUnavailableError],
    [
      "a request whose connection broke",
      failure({ code: "EREQUEST" }, failure({ code: "ESOCKET" })),
      StorageUnavailableError,
    ],
    ["a request that is wrong", failure({ code: "EREQUEST" }, failure({})), StorageError],
  ] as const
) {
  Deno.test(`${what} is a ${meaning.name}`, () => {
    assertEquals(toStorageError(error).constructor, meaning);
  });
}
