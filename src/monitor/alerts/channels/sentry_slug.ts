// The names of Sentry's monitors: few characters are allowed, and not many of them.

import { fingerprint } from "../fingerprint.ts";

const maxLength = 50;
const hashLength = 8;

/**
 * Makes a slug of lower-case letters, digits, dashes and underscores, not of digits alone, as
 * Sentry requires. Spaces and punctuation become dashes; other scripts become code points. The slug
 * of a name that is too long, or not ASCII, ends with a hash of the name, to keep slugs distinct.
 */
export function sentrySlug(name: string): string {
  const letters = name.toLowerCase().replace(/[^a-z0-9_-]+/g, "-").replace(/^-+|(?<!-)-+$/g, "");
  const text = letters || Array.from(name, (char) => char.codePointAt(0)!.toString(16)).join("-");
  const slug = /[a-z_-]/.test(text) ? text : `task-${text}`;
  const isLossy = letters !== "" && /[^\0-\x7f]/.test(name);
  if (slug.length <= maxLength && !isLossy) return slug;
  const start = slug.slice(0, maxLength - hashLength - 1).replace(/-+$/, "");
  return `${start}-${fingerprint(name).slice(0, hashLength)}`;
}
