// A small mistake that a programmer might make, and the tests that must detect it.

/** A mutant, as plain data. */
export interface Mutant {
  /** The file that is changed; a path from the root. */
  readonly file: string;
  /** The code to replace. It occurs once in the file. */
  readonly original: string;
  /** The replacement. */
  readonly replacement: string;
  /** The test files to run. */
  readonly tests: readonly string[];
  /** Only the tests whose names contain this. @default all */
  readonly filter?: string;
  /** Variables of the environment of the tests. @default none */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * The environment variable that the tests need. If it is not set, the mutant is skipped.
   * @default none
   */
  readonly needs?: string;
  /** For an equivalent mutant, which changes nothing observable: why no test can detect it. */
  readonly equivalent?: string;
}

/** Mutants of one file that the same tests must detect. */
export function mutantsOf(
  shared: Omit<Mutant, "original" | "replacement" | "equivalent">,
  changes: readonly (readonly [original: string, replacement: string, equivalent?: string])[],
): Mutant[] {
  return changes.map(([original, replacement, equivalent]) => ({
    ...shared,
    original,
    replacement,
    ...(equivalent === undefined ? {} : { equivalent }),
  }));
}
