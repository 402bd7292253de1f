/**
 * Returns the time since an instant, in milliseconds; 0 for null and for an instant in the future.
 *
 * @param now The time of the storage's clock.
 */
export function msSince(instant: Date | null, now: Date): number {
  return instant === null ? 0 : Math.max(0, now.getTime() - instant.getTime());
}
