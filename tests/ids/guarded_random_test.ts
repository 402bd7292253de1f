import { assertEquals, assertNotEquals } from "@std/assert";
import type { FillRandom } from "../../src/storage/mod.ts";
import { type Logger, silentLogger } from "../../mod.ts";
import { guardIds, guardRandom } from "../../src/ids/guarded_random.ts";

const refuse = () => {
  throw new Error("no entropy");
};

function noting(): { readonly lines: string[]; readonly logger: Logger } {
  const lines: string[] = [];
  return { lines, logger: { ...silentLogger, error: (message) => void lines.push(message) } };
}

const broken: Record<string, unknown> = {
  throws: refuse,
  rejects: () => Promise.reject(new Error("no entropy")),
  "is async": () => Promise.resolve(),
};

for (const [name, fill] of Object.entries(broken)) {
  Deno.test(`if a source of randomness ${name}, the system's source replaces it, and the failure is logged once`, () => {
    const { lines, logger } = noting();
    const guarded = guardRandom(fill as FillRandom, logger);
    const [first, second] = [new Uint8Array(16), new Uint8Array(16)];
    guarded(first);
    guarded(second);
    assertNotEquals(first, new Uint8Array(16));
    assertNotEquals(first, second);
    assertEquals(lines.length, 1);
  });
}

Deno.test("a working source of randomness is used unchanged", () => {
  const bytes = new Uint8Array(4);
  guardRandom((bytes) => void bytes.fill(7), silentLogger)(bytes);
  assertEquals([...bytes], [7, 7, 7, 7]);
});

Deno.test("if generating ids fails, other ids replace them, and the failure is logged once", () => {
  const makers = [refuse, () => Promise.reject(new Error()), () => 5, () => "", () => null];
  for (const newId of makers) {
    const { lines, logger } = noting();
    const guarded = guardIds(newId as () => string, () => "instead", logger);
    assertEquals([guarded(), guarded(), lines.length], ["instead", "instead", 1]);
  }
  assertEquals(guardIds(() => "own", () => "instead", silentLogger)(), "own");
});
