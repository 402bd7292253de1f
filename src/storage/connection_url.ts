// Checks URLs of databases, so that an unencoded character of a password is not read as a
// separator.

import { hidden } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";

/**
 * `scheme://user:password@hosts/database?option=value`, in which no part contains an unencoded
 * separator.
 */
const plainUrl =
  /^[a-z][a-z0-9+.-]*:\/\/(?:[^@/?#\s]*@)?(?<hosts>[^@/?#\s]*)(?:\/[^@/?#\s]*)?(?:\?[^@?#\s]*)?$/i;

/**
 * Checks that a URL of a database is unambiguous. With an unencoded `#`, `/`, `?`, `@` or `%`, a
 * part of the password would be read as the host, the port, the database or an option, and errors
 * of the URL parser would show this part.
 *
 * @param argument The option's name, for the error message, which shows no part of the URL.
 * @throws {InvalidArgumentError} If the URL is ambiguous or invalid.
 */
export function checkConnectionUrl(url: string, argument: string): void {
  const hosts = plainUrl.exec(url)?.groups?.hosts?.split(",");
  if (hosts?.every(isHost) && isDecodable(url)) return;
  const remedy = "be a valid URL, with # / ? @ % and spaces in its user, password and database " +
    "percent-encoded (encodeURIComponent)";
  throw new InvalidArgumentError(argument, hidden(url), remedy);
}

/** Reports whether a string is a host, with or without a port. */
function isHost(text: string): boolean {
  return URL.canParse(`any://${text}`);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
