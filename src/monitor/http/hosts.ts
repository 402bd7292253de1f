// Under which hosts the hub answers. A site whose page is loaded can change its name's address to
// that of this machine (DNS rebinding). The browser then takes the hub for a part of that site, and
// only the Host header shows that it is not.

import { InvalidArgumentError } from "../../guards/errors.ts";
import type { Logger } from "../../log/logger.ts";
import { isLoopbackHost, parseHost } from "./host.ts";

/** Host names and IP addresses without port, such as `tasks.example.com`, or `"*"` for any. */
export type AllowedHosts = readonly string[] | "*";

/** Checks hosts, and warns once when the hub is asked under one that shows a mistake. */
export class Hosts {
  readonly #allowed: AllowedHosts | null;
  readonly #isOpen: boolean;
  readonly #logger: Logger;
  readonly #warned = new Set<string>();

  /**
   * @param allowed The option's value. Absent: any host with an access token; else loopback names
   * and all IP addresses, since a rebound name is still a name.
   * @param isOpen Whether there is no access token.
   * @throws {InvalidArgumentError} If a host is not one, or has a port.
   */
  constructor(allowed: AllowedHosts | undefined, isOpen: boolean, logger: Logger) {
    this.#allowed = allowed === undefined ? (isOpen ? null : "*") : checkedHosts(allowed);
    this.#isOpen = isOpen;
    this.#logger = logger;
  }

  /** Whether the hub answers for the host that the request names. */
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
    "its option accessToken; a function that gives true says that it is meant to be open.",
};

/** An IP address; a URL that was parsed has no other form of them. */
const address = /^\[.*\]$|^\d+(\.\d+){3}$/;

/** Removes the trailing dot, which names the root of DNS. */
function withoutRoot(hostname: string): string {
  return hostname.replace(/\.$/, "");
}

/** Browsers send the origin with every WebSocket. */
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
