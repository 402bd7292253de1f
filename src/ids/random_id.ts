// Unguessable ids for connections and deliveries. Task ids are different, because they sort by
// time.

/** Returns a random UUID (version 4). */
export function randomId(): string {
  return crypto.randomUUID();
}
