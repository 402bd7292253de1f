// A small mistake that a programmer might make, and the tests that have to notice it.

/** A mutant, as plain data. */
export interface Mutant {
  /** The file that is changed; a path from the root. */
  readonly file: string;
  /** The text that is replaced: it stands in the file once. */
  readonly original: string;
  /** What stands there instead. */
  readonly replacement: string;
  /** The files of tests that are run. */
  readonly tests: readonly string[];
  /** Only the tests whose names contain this. @default all */
  readonly filter?: string;
  /** Why no test can notice it, where that is so: it changes nothing that can be observed. */
  readonly equivalent?: string;
}
