// Paths under which handlers are mounted.

import { InvalidArgumentError } from "../../guards/errors.ts";

/**
 * Checks a path and takes the slashes off its end, so that further segments can be put behind it;
 * the root is the empty text.
 *
 * @throws {InvalidArgumentError} If it does not start with a slash.
 */
export function cleanPath(path: string): string {
  if (typeof path !== "string" || !path.startsWith("/")) {
    throw new InvalidArgumentError("path", path, 'be a URL path that starts with "/"');
  }
  return path.replace(/(?<!\/)\/+$/, "");
}
