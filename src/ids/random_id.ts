// Ids that nobody can guess, for connections and deliveries. Tasks have ids of their own kind,
// which sort by time.

/** A random UUID (version 4). */
export function randomId(): string {
  return crypto.randomUUID();
}
