// The values of inputs of the type `datetime-local`, which are in the browser's time zone.

/** Returns an instant as the value of an input; empty for none. */
export function localInput(instant: string | null): string {
  if (instant === null) return "";
  const date = new Date(instant);
  return `${date.toLocaleDateString("sv-SE")}T${date.toLocaleTimeString("sv-SE")}`;
}

/** Returns the instant of an input's value, in ISO 8601. */
export function toInstant(value: string): string {
  return new Date(value).toISOString();
}
