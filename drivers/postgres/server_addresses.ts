// The servers that a URL of a database names: hosts and ports in lists, read as libpq reads them.

import { isIPv6 } from "node:net";
import { refusedUrl } from "./url_parameters.ts";

/** Where a server listens. */
export interface ServerAddress {
  /** A name or an address; with a `path`, the folder of the Unix socket. */
  readonly host: string;
  readonly port: number;
  /** The Unix socket; null: TCP. */
  readonly path: string | null;
}

/** Hosts and ports as a URL gives them. Those that it leaves out are empty. */
export interface HostLists {
  readonly hosts: readonly string[];
  /** As many as hosts, or one for all of them. */
  readonly ports: readonly string[];
}

const defaultHost = "localhost";
const defaultPort = 5432;

/** The lists of hosts and ports between the user and the path of a URL. */
export function splitAuthority(authority: string): HostLists {
  const items = authority.split(",").map((item) => {
    const { address, name = "", port = "" } =
      /^(?:\[(?<address>.*)\]|(?<name>[^:]*))(?::(?<port>.*))?$/.exec(item)?.groups ?? {};
    return { host: decodeURIComponent(address ?? name), port };
  });
  return { hosts: items.map(({ host }) => host), ports: items.map(({ port }) => port) };
}

/**
 * The addresses of the servers, in the order of the list.
 *
 * @throws {InvalidArgumentError} If a host or a port cannot be one. Shows neither.
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
