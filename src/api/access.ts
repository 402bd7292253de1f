// Authorizes requests: by the application's `authorize`, or by default only those from this
// machine.

import { InvalidArgumentError } from "../guards/errors.ts";
import { isLoopbackHost, parseHost } from "../monitor/http/host.ts";
import { readMember } from "../thrown/reading.ts";

/** The rights of a user: to see tasks, queues and workers, or also the payloads of tasks. */
export type ApiRight = "view" | "payloads";

/** A user of the API. */
export interface ApiUser {
  /** The user's name. */
  readonly user: string;
  /** The user's rights. */
  readonly can: readonly ApiRight[];
}

/**
 * Returns the user of a request, identified by a header, a cookie or other data; null for an
 * unknown user.
 */
export type Authorize = (request: Request) => ApiUser | null | Promise<ApiUser | null>;

/**
 * Calls `authorize`, and checks its result.
 *
 * @returns The user, or null if unknown.
 * @throws {InvalidArgumentError} If the result of `authorize` is invalid.
 */
export async function userOf(authorize: Authorize, request: Request): Promise<ApiUser | null> {
  const answer: unknown = await authorize(request);
  if (answer === null) return null;
  if (typeof readMember(answer, "user") === "string" && Array.isArray(readMember(answer, "can"))) {
    return answer as ApiUser;
  }
  const remedy = 'be { user, can: ["view", "payloads"] }, or null';
  throw new InvalidArgumentError("the answer of authorize", answer, remedy);
}

/** The user of all requests if the application has no `authorize`. */
export const localUser: ApiUser = { user: "local", can: ["view", "payloads"] };

/**
 * Reports whether a request comes from this machine, to a loopback host name, without a proxy. Any
 * other host name may belong to a website that has let it resolve to this machine (DNS rebinding).
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
function peerOf(connection: unknown): string | null {
  const ofDeno = readMember(readMember(connection, "remoteAddr"), "hostname");
  const socket = readMember(readMember(connection, "incoming"), "socket");
  const address = ofDeno ?? readMember(socket, "remoteAddress");
  return typeof address === "string" ? address : null;
}

function isLoopback(address: string): boolean {
  const host = parseHost(address.includes(":") ? `[${address}]` : address);
  return host !== null && isLoopbackHost(host.hostname);
}
