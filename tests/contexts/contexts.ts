// Checks the output of contexts_program.mjs, which is the same on every runtime.

import { assertEquals } from "@std/assert";
import type { CommandOutput } from "../support/run_command.ts";

/** Runs the program with these arguments. */
export type RunProgram = (...args: string[]) => Promise<CommandOutput>;

/** The places that run in the context of their caller. */
const callersOwn = ["a recurring builder", "a validator in dispatch"];

/** The expected contexts of the places that do not run in that of the instance. */
const own: Readonly<Record<string, readonly string[]>> = {
  "a recurring builder": ["ivy"],
  "within a handler's own context": ["its own"],
  "within a continuation that has entered a context": [
    ...["ann", "bob", "cid", "dan", "eve", "fay", "gus", "hal"],
  ],
};

/**
 * Checks that every place runs in the context in which the instance was created, except those in
 * `own`. Does not check those in `callersOwn`.
 */
export async function checkContexts(run: RunProgram, store: string, place = ""): Promise<void> {
  const { stdout } = await run(store, place);
  const seen: Record<string, string[]> = JSON.parse(stdout);
  const expected = Object.fromEntries(
    Object.keys(seen).map((where) => [where, own[where] ?? ["home"]]),
  );
  for (const where of callersOwn) delete seen[where], delete expected[where];
  assertEquals(seen, expected);
  assertEquals(Object.keys(seen).length, 18);
}
