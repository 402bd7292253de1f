// Unguessable ids for connections and deliveries. Task ids are different: they sort by time.

/** A random UUID (version 4). */
export function randomId(): string {
  return crypto.randomUUID();
}
