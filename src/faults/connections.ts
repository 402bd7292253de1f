// Recognises connections that are lost, refused or timed out, by the codes of sockets and of
// database packages.

import type { ErrorFields } from "../thrown/error_chain.ts";
import type { Fault } from "./fault.ts";

/**
 * Codes of sockets and of name resolution (POSIX, as used by Node, Deno and Bun). Source:
 * https://nodejs.org/api/errors.html#common-system-errors
 */
const socketCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "ENOTCONN",
  "EPIPE",
  "ECANCELED",
  "EBADF",
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

/** Reports whether a code means that a socket is lost, refused or timed out. */
export function isLostSocket(code: string): boolean {
  return socketCodes.has(code);
}

/** Reports whether a code means that a database connection is lost, refused or timed out. */
export function isLostConnection(code: string): boolean {
  return socketCodes.has(code) || databaseClientCodes.has(code);
}

/** Returns the fault of an error, by the code of its connection. */
export function connectionErrorFault({ code }: ErrorFields): Fault {
  return typeof code === "string" && isLostConnection(code) ? "unavailable" : "lasting";
}
