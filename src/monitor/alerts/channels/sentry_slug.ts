// The names of Sentry's monitors: few characters are allowed, and not many of them.

import { fingerprint } from "../fingerprint.ts";

const maxLength = 50;
const hashLength = 8;

/**
 * Lower-case letters, digits, dashes and underscores, and not digits alone, as Sentry wants them.
 * Spaces and punctuation become dashes; of a name in another script the code points are written. A
 * name that is too long, or has more than ASCII in it, ends with a hash of the whole: what is left
 * of two such names may be the same.
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
