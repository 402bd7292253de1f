// Growing pauses between tries of a write that storage refused for now.

/** The pause before try number `failures` + 1, in milliseconds: 20 ms, doubling, at most 2 s. */
export function backoffMs(failures: number): number {
  return Math.min(2_000, 20 * 2 ** Math.min(failures - 1, 10));
}
