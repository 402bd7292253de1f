// Paths under which handlers are mounted.

import { InvalidArgumentError } from "../../guards/errors.ts";

/**
 * Checks a path and removes trailing slashes, so that segments can be appended. The root becomes
 * the empty string.
 *
 * @throws {InvalidArgumentError} If `path` does not start with a slash.
 */
export function cleanPath(path: string): string {
  if (typeof path !== "string" || !path.startsWith("/")) {
    throw new InvalidArgumentError("path", path, 'be a URL path that starts with "/"');
  }
  return path.replace(/(?<!\/)\/+$/, "");
}
