import { assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { EverTaskError, InvalidArgumentError } from "../../src/guards/errors.ts";
import * as storageErrors from "../../src/storage/errors.ts";

Deno.test("an invalid argument is named, with its value and the remedy", () => {
  const error = new InvalidArgumentError("delay", -5, "be at least 0");
  assertEquals(error.message, "delay is -5, but it must be at least 0.");
  assertEquals([error.name, error.argument, error.value], ["InvalidArgumentError", "delay", -5]);
  assertInstanceOf(error, EverTaskError);
});

Deno.test("`transient` of storage errors tells whether a retry can succeed", () => {
  const { SchemaVersionError, WorkerLostError } = storageErrors;
  const errors = [
    new storageErrors.StorageError("x"),
    new storageErrors.StorageUnavailableError("x"),
    new storageErrors.StorageFullError("x"),
    new storageErrors.StorageReadOnlyError("x"),
    new storageErrors.StorageFormatError("x"),
    new storageErrors.StorageClosedError("x"),
    new SchemaVersionError(3, 2, "x"),
    new WorkerLostError("w-1"),
  ];
  for (const error of errors) assertInstanceOf(error, storageErrors.StorageError);
  const transient = errors.filter((error) => error.transient).map((error) => error.name);
  assertEquals(transient, ["StorageUnavailableError", "StorageFullError"]);
  for (const error of errors) assertEquals(error.name, error.constructor.name);
});

Deno.test("SchemaVersionError and WorkerLostError have their details as properties", () => {
  const cause = new Error("why");
  const version = new storageErrors.SchemaVersionError(3, 2, "too new", { cause });
  assertEquals([version.found, version.known, version.cause], [3, 2, cause]);
  const lost = new storageErrors.WorkerLostError("w-1");
  assertEquals(lost.workerId, "w-1");
  assertStringIncludes(lost.message, "w-1");
});
