// What a store must do to be measured.

import type { BenchDatabase } from "./open_storage.ts";

/** A kind of store. */
export interface BenchStore extends AsyncDisposable {
  readonly name: string;
  createDatabase(): Promise<BenchDatabase>;
}
