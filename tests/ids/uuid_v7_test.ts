import { assert, assertEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { isUuid, parseTaskId, systemRandom, uuidV7Generator } from "../../src/ids/uuid_v7.ts";

Deno.test("uuidV7Generator() returns ids of version 7 and the RFC's variant that begin with the time", () => {
  const id = uuidV7Generator(() => 0x0123_4567_89ab, systemRandom)();
  assert(isUuid(id));
  assertEquals(id.slice(0, 13), "01234567-89ab");
  assertEquals(id[14], "7");
  assert("89ab".includes(id[19]!));
});

Deno.test("uuidV7Generator() returns ascending ids, also within a millisecond and after the clock was set back", () => {
  let now = 1_000_000;
  const newId = uuidV7Generator(() => now, systemRandom);
  let previous = newId();
  for (let i = 0; i < 20_000; i++) {
    if (i % 7000 === 0) now -= 100;
    if (i % 5000 === 0) now += 60;
    const id = newId();
    assert(id > previous, `${id} > ${previous}`);
    previous = id;
  }
});

Deno.test("generators of uuidV7Generator() that run at the same time return different ids", () => {
  const now = () => 1_000_000;
  const ids = [uuidV7Generator(now, systemRandom), uuidV7Generator(now, systemRandom)]
    .flatMap((newId) => Array.from({ length: 2_000 }, newId));
  assertEquals(new Set(ids).size, ids.length);
});

Deno.test("isUuid() distinguishes ids from other strings", () => {
  assert(isUuid("01a204c3-9e85-76f3-a637-c068a230efde"));
  for (const text of ["", "01A204C3-9E85-76F3-A637-C068A230EFDE", "01a204c3", null, 7]) {
    assert(!isUuid(text), String(text));
  }
});

Deno.test("parseTaskId() accepts ids in upper or lower case, and nothing else", () => {
  const id = "01a204c3-9e85-76f3-a637-c068a230efde";
  assertEquals(parseTaskId(id), id);
  assertEquals(parseTaskId(id.toUpperCase()), id);
  for (const text of ["", "no id", `${id} `]) assertEquals(parseTaskId(text), null);
  for (const value of [null, 7]) assertThrows(() => parseTaskId(value), InvalidArgumentError);
});
