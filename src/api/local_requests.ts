// The origin of requests: this machine or another, and the client's address.

import { isLoopbackHost, parseHost } from "../monitor/http/host.ts";
import { readMember } from "../thrown/reading.ts";

/**
 * Reports whether a request comes from this machine, to a loopback host name, without a proxy. Any
 * other host name may belong to a website whose owner made it resolve to this machine (DNS
 * rebinding).
 *
 * @param connection The server's data about the connection: `info` of `Deno.serve`, or the bindings
 * of `@hono/node-server`.
 */
export function isLocal(request: Request, connection: unknown): boolean {
  const { headers, url } = request;
  if (headers.has("forwarded") || headers.has("x-forwarded-for")) return false;
  const host = parseHost(headers.get("host") ?? new URL(url).host);
  const peer = peerOf(connection);
  return host !== null && isLoopbackHost(host.hostname) && peer !== null && isLoopback(peer);
}

/** Returns the address of the client; null if the server does not provide it. */
export function peerOf(connection: unknown): string | null {
  const ofDeno = readMember(readMember(connection, "remoteAddr"), "hostname");
  const socket = readMember(readMember(connection, "incoming"), "socket");
  const address = ofDeno ?? readMember(socket, "remoteAddress");
  return typeof address === "string" ? address : null;
}

function isLoopback(address: string): boolean {
  const host = parseHost(address.includes(":") ? `[${address}]` : address);
  return host !== null && isLoopbackHost(host.hostname);
}
