// Parses the lists of hosts and ports in the URL of a database, as libpq does.

import { isIPv6 } from "node:net";
import { refusedUrl } from "./url_parameters.ts";

/** The address of a server. */
export interface ServerAddress {
  /** The host name or address; with a `path`, the folder of the Unix socket. */
  readonly host: string;
  readonly port: number;
  /** The path of the Unix socket; null for TCP. */
  readonly path: string | null;
}

/** The hosts and ports of a URL. Omitted hosts and ports are empty. */
export interface HostLists {
  readonly hosts: readonly string[];
  /** One port for each host, or one for all. */
  readonly ports: readonly string[];
}

const defaultHost = "localhost";
const defaultPort = 5432;

/** Splits the part between the user and the path of a URL into hosts and ports. */
export function splitAuthority(authority: string): HostLists {
  const items = authority.split(",").map((item) => {
    const { address, name = "", port = "" } =
      /^(?:\[(?<address>.*)\]|(?<name>[^:]*))(?::(?<port>.*))?$/.exec(item)?.groups ?? {};
    return { host: decodeURIComponent(address ?? name), port };
  });
  return { hosts: items.map(({ host }) => host), ports: items.map(({ port }) => port) };
}

/**
 * Returns the addresses of the servers, in the order of the list.
 *
 * @throws {InvalidArgumentError} If a host or a port is invalid. The error shows neither.
 */
export function toAddresses({ hosts, ports }: HostLists): readonly ServerAddress[] {
  if (ports.length > 1 && ports.length !== hosts.length) {
    throw refusedUrl("have one port for all hosts, or one for each");
  }
  return hosts.map((given, index) => {
    const host = given || defaultHost;
    const port = toPort(ports[index] ?? ports[0]!);
    if (host.startsWith("/")) return { host, port, path: `${host}/.s.PGSQL.${port}` };
    if (/[\s/@[\]]/.test(host) || (host.includes(":") && !isIPv6(host))) {
      throw refusedUrl(
        "name hosts or addresses, IPv6 addresses in brackets, or the folders of Unix sockets with " +
          "their slashes percent-encoded (%2Frun%2Fpostgresql)",
      );
    }
    return { host, port, path: null };
  });
}

function toPort(port: string): number {
  if (port === "") return defaultPort;
  if (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535) return Number(port);
  throw refusedUrl("have ports from 1 to 65535");
}
