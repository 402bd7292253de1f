// The interface of a measured store.

import type { BenchDatabase } from "./open_storage.ts";

/** A kind of store. */
export interface BenchStore extends AsyncDisposable {
  readonly name: string;
  createDatabase(): Promise<BenchDatabase>;
}
