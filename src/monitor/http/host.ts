// Parses the Host header. Servers accept any text there, and some create a request's URL from it
// unchecked.

/**
 * A name, an IPv4 address or an IPv6 address in brackets, with or without a port (RFC 9110, section
 * 7.2).
 */
const form = /^(\[[\d:a-f.]+\]|[\w.~!$&'()*+,;=%-]+)(:\d*)?$/i;

/**
 * Parses a Host header as the host of a URL, so that equivalent spellings compare equal.
 *
 * @param scheme The scheme, with its colon. The URL omits the default port of this scheme.
 * @returns The URL of the host's root; null if the text is not a host.
 */
export function parseHost(text: string, scheme = "http:"): URL | null {
  const root = `${scheme}//${text}/`;
  return form.test(text) && URL.canParse(root) ? new URL(root) : null;
}

/** Returns the URL of a request; null if the Host header of the client is invalid. */
export function requestUrl(request: Request): URL | null {
  const host = request.headers.get("host");
  if (host !== null && parseHost(host) === null) return null;
  return URL.canParse(request.url) ? new URL(request.url) : null;
}

/** Names that always resolve to loopback (RFC 6761, section 6.3), and loopback addresses. */
const loopback = /^(.+\.)?localhost$|^127(\.\d+){3}$|^\[::1\]$|^\[::ffff:7f[\da-f]{2}:[\da-f]+\]$/;

/** Reports whether a URL's host is this machine. The host must have no trailing dot. */
export function isLoopbackHost(hostname: string): boolean {
  return loopback.test(hostname);
}
