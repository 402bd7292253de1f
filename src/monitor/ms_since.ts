/**
 * How long ago an instant was, in milliseconds; 0 for none, and for one that is yet to come.
 *
 * @param now The storage's clock.
 */
export function msSince(instant: Date | null, now: Date): number {
  return instant === null ? 0 : Math.max(0, now.getTime() - instant.getTime());
}
