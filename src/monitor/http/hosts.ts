// The hosts for which the hub answers. After its page was loaded, a website can let its name
// resolve to the address of this machine (DNS rebinding). The browser then treats the hub as part
// of the website. Only the Host header of such a request shows the website's name.

import { InvalidArgumentError } from "../../guards/errors.ts";
import type { Logger } from "../../log/logger.ts";
import { isLoopbackHost, parseHost } from "./host.ts";

/** Host names and IP addresses without port, such as `tasks.example.com`, or `"*"` for any. */
export type AllowedHosts = readonly string[] | "*";

/** Checks hosts. Warns once if the host of a request suggests a misconfiguration. */
export class Hosts {
  readonly #allowed: AllowedHosts | null;
  readonly #isOpen: boolean;
  readonly #logger: Logger;
  readonly #warned = new Set<string>();

  /**
   * @param allowed The option's value. With an access token, the default is any host. Without a
   * token, the default is loopback names and all IP addresses, because DNS rebinding needs a name.
   * @param isOpen Whether there is no access token.
   * @throws {InvalidArgumentError} If a host is invalid or has a port.
   */
  constructor(allowed: AllowedHosts | undefined, isOpen: boolean, logger: Logger) {
    this.#allowed = allowed === undefined ? (isOpen ? null : "*") : checkedHosts(allowed);
    this.#isOpen = isOpen;
    this.#logger = logger;
  }

  /** Reports whether the hub answers for the request's host. */
  allows(request: Request): boolean {
    const asked = parseHost(request.headers.get("host") ?? new URL(request.url).host);
    if (asked === null) return false;
    const host = withoutRoot(asked.hostname);
    if (this.#allowed === null) {
      if (!isLoopbackHost(host) && !address.test(host) && !isFromNoPage(request)) {
        this.#warn(warnings.refused, host);
        return false;
      }
    } else if (this.#allowed !== "*" && !this.#allowed.includes(host)) return false;
    if (this.#isOpen && !isLoopbackHost(host)) this.#warn(warnings.open, host);
    return true;
  }

  #warn(message: string, host: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#logger.warn(message, { host });
  }
}

const warnings = {
  refused:
    "The monitoring hub refused a request for the host {host}: without an access token it answers for localhost " +
    "and IP addresses only. Name the host in its option allowedHosts, or set accessToken.",
  open:
    "The monitoring hub has no access token, and is reached at {host}: everybody who can reach it sees all events. Set " +
    "its option accessToken; a function that returns true states that this is intended.",
};

/** An IP address in the form of a parsed URL. */
const address = /^\[.*\]$|^\d+(\.\d+){3}$/;

/** Removes the trailing dot, which stands for the root of DNS. */
function withoutRoot(hostname: string): string {
  return hostname.replace(/\.$/, "");
}

/**
 * Reports whether a request is for a WebSocket and was not sent by a page. Browsers send the Origin
 * header with every request for a WebSocket.
 */
function isFromNoPage(request: Request): boolean {
  return request.headers.get("upgrade")?.toLowerCase() === "websocket" &&
    !request.headers.has("origin");
}

function checkedHosts(allowed: unknown): AllowedHosts {
  if (allowed === "*") return allowed;
  if (!Array.isArray(allowed)) {
    throw new InvalidArgumentError("allowedHosts", allowed, 'be a list of host names, or "*"');
  }
  return allowed.map((host) => {
    const parsed = typeof host === "string" && !/:\d*$/.test(host) ? parseHost(host) : null;
    if (parsed !== null) return withoutRoot(parsed.hostname);
    const remedy = "be a host such as tasks.example.com or [::1], without scheme and port";
    throw new InvalidArgumentError("allowedHosts", host, remedy);
  });
}
