// The check of a URL that names a database: what its password holds unencoded must not be taken for
// another part.

import { hidden } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";

/**
 * `scheme://user:password@hosts/database?option=value`, in which no part contains an unencoded
 * separator.
 */
const plainUrl =
  /^[a-z][a-z0-9+.-]*:\/\/(?:[^@/?#\s]*@)?(?<hosts>[^@/?#\s]*)(?:\/[^@/?#\s]*)?(?:\?[^@?#\s]*)?$/i;

/**
 * Checks that a URL of a database can be read in one way only. An unencoded `#`, `/`, `?`, `@` or
 * `%` in the password would make a part of it the host, the port, the database or an option, and so
 * show it in the errors of a parser of URLs.
 *
 * @param argument The option's name, for the error message, which shows no part of the URL.
 * @throws {InvalidArgumentError} If it cannot.
 */
export function checkConnectionUrl(url: string, argument: string): void {
  const hosts = plainUrl.exec(url)?.groups?.hosts?.split(",");
  if (hosts?.every(isHost) && isDecodable(url)) return;
  const remedy = "be a valid URL, with # / ? @ % and spaces in its user, password and database " +
    "percent-encoded (encodeURIComponent)";
  throw new InvalidArgumentError(argument, hidden(url), remedy);
}

/** Whether a text is a host, with a port or without. */
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
