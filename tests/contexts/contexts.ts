// The expected output of the contexts program on every runtime.

import { assertEquals } from "@std/assert";
import type { CommandOutput } from "../support/run_command.ts";

/** Runs the program with these arguments. */
export type RunProgram = (...args: string[]) => Promise<CommandOutput>;

/** These run in the context of their caller. */
const callersOwn = ["a recurring builder", "a validator in dispatch"];

const own: Readonly<Record<string, readonly string[]>> = {
  "a recurring builder": ["ivy"],
  "within a handler's own context": ["its own"],
  "within a continuation that has entered a context": [
    ...["ann", "bob", "cid", "dan", "eve", "fay", "gus", "hal"],
  ],
};

/**
 * Checks that everything except `callersOwn` runs in the context in which the instance was created.
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
