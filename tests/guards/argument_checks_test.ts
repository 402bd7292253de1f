// The common checks may be called with any value, and throw only their own errors.

import { assert } from "@std/assert";
import {
  checkMethods,
  checkOptions,
  checkSecretOptions,
} from "../../src/guards/argument_checks.ts";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { hostileValues } from "../support/hostile_values.ts";

const checks: Readonly<Record<string, (value: unknown) => void>> = {
  "options": (value) => checkOptions(value as { name?: string }, { name: true }, "options"),
  "options with secrets": (value) =>
    checkSecretOptions(value as { name?: string }, { name: true }, "options"),
  "methods": (value) => checkMethods(value, ["send"], "channel", "be a channel"),
};

const values: Readonly<Record<string, () => unknown>> = {
  ...hostileValues,
  "options with an unreadable member": () => ({
    get name() {
      throw new Error("nobody may look at this");
    },
  }),
};

for (const [name, check] of Object.entries(checks)) {
  Deno.test(`the check of ${name} throws its own error or none, for any value`, () => {
    for (const [kind, make] of Object.entries(values)) {
      try {
        check(make());
      } catch (error) {
        assert(error instanceof InvalidArgumentError, `${kind} gives a foreign error`);
      }
    }
  });
}
