// Connections that are lost, refused or not made in time, by the codes of sockets and of the
// packages that speak to databases.

import type { ErrorFields } from "../thrown/error_chain.ts";
import type { Fault } from "./fault.ts";

/**
 * Codes of sockets and of name resolution (POSIX, as Node, Deno and Bun give them). Source:
 * https://nodejs.org/api/errors.html#common-system-errors
 */
const socketCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "ENOTCONN",
  "EPIPE",
  "ETIMEDOUT",
  "ETIMEOUT",
  "ESOCKETTIMEDOUT",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "ENETRESET",
  "EADDRNOTAVAIL",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ERR_SOCKET_CLOSED",
  "ERR_SOCKET_CLOSED_BEFORE_CONNECTION",
  "ERR_SOCKET_CONNECTION_TIMEOUT",
]);

/** Codes of postgres.js, tedious and mssql. */
const databaseClientCodes: ReadonlySet<string> = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_DESTROYED",
  "CONNECTION_ENDED",
  "CONNECT_TIMEOUT",
  "ECLOSE",
  "ECONNCLOSED",
  "EINSTLOOKUP",
  "ESOCKET",
]);

/** Whether a code is one of a socket that is lost, refused or not made in time. */
export function isLostSocket(code: string): boolean {
  return socketCodes.has(code);
}

/** Whether a code is one of a database's connection that is lost, refused or not made in time. */
export function isLostConnection(code: string): boolean {
  return socketCodes.has(code) || databaseClientCodes.has(code);
}

/** The fault of an error by the code of its connection. */
export function connectionErrorFault({ code }: ErrorFields): Fault {
  return typeof code === "string" && isLostConnection(code) ? "unavailable" : "lasting";
}
