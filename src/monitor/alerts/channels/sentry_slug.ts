// Converts names to the slugs of Sentry's monitors, whose characters and length are limited.

import { fingerprint } from "../fingerprint.ts";

const maxLength = 50;
const hashLength = 8;

/**
 * Returns a slug of lower-case letters, digits, dashes and underscores. As Sentry requires, it is
 * never of digits alone. Spaces and punctuation become dashes; other scripts become code points. If
 * the name is too long or not ASCII, the slug ends with a hash of the name, so that slugs are
 * distinct.
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
