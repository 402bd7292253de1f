// Who may ask: what the application says or, where it says nothing, who sits at this machine.

import { InvalidArgumentError } from "../guards/errors.ts";
import { isLoopbackHost, parseHost } from "../monitor/http/host.ts";
import { readMember } from "../thrown/reading.ts";

/** The rights of a user: to see tasks, queues and workers, or also the payloads of tasks. */
export type ApiRight = "view" | "payloads";

/** A user of the API. */
export interface ApiUser {
  /** The name. */
  readonly user: string;
  /** Their rights. */
  readonly can: readonly ApiRight[];
}

/**
 * Returns the user who sends a request, by a header, a cookie or another mark; null for an unknown
 * user.
 */
export type Authorize = (request: Request) => ApiUser | null | Promise<ApiUser | null>;

/**
 * Asks the application who sends a request.
 *
 * @returns The user, or null if unknown.
 * @throws {InvalidArgumentError} If the answer is not what `authorize` may give.
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

/** Who asks where the application does not say who may. */
export const localUser: ApiUser = { user: "local", can: ["view", "payloads"] };

/**
 * Whether a request comes from this machine, under a name of it, and through no proxy. A name that
 * is not one of loopback may belong to a site whose page was loaded, and which has let it point
 * here (DNS rebinding).
 *
 * @param connection What the server knows of the connection: `info` of `Deno.serve`, or the
 * bindings of `@hono/node-server`.
 */
export function isLocal(request: Request, connection: unknown): boolean {
  const { headers, url } = request;
  if (headers.has("forwarded") || headers.has("x-forwarded-for")) return false;
  const host = parseHost(headers.get("host") ?? new URL(url).host);
  const peer = peerOf(connection);
  return host !== null && isLoopbackHost(host.hostname) && peer !== null && isLoopback(peer);
}

/** The address of the client; null if the server does not tell. */
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
