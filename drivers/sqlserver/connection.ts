// Parses the option `connection`: a URL, an ADO.NET string, a configuration, or a pool of the
// application.

import { hidden } from "../../src/guards/argument_checks.ts";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { checkConnectionUrl } from "../../src/storage/connection_url.ts";
import type { Mssql, SqlServerConfig, SqlServerPool } from "./mssql_api.ts";

/** The connection to a database; see {@linkcode SqlServerStorageOptions.connection}. */
export type SqlServerConnection = string | SqlServerConfig | SqlServerPool;

/** The supported parameters of a URL. */
const urlOptions = ["encrypt", "trustServerCertificate"];

/** Reports whether a value is a pool, of any copy of mssql. */
export function isPool(connection: SqlServerConnection): connection is SqlServerPool {
  return typeof connection === "object" && "request" in connection &&
    typeof connection.request === "function";
}

/**
 * The timeouts of a request (and of connecting) and of a cancellation, in milliseconds. A request
 * and its cancellation together take less than the default lease.
 */
const requestTimeout = 8_000;
const cancelTimeout = 2_000;

/**
 * Returns the configuration of the storage's own pool: encrypted by default, with timeouts shorter
 * than a lease, and with a check of idle connections that costs no round trip (mssql's default
 * sends `SELECT 1` before each request).
 */
export function poolConfig(connection: string | SqlServerConfig, mssql: Mssql): SqlServerConfig {
  const given = typeof connection === "string" ? parseAdoNet(connection, mssql) : connection;
  if (typeof given.server !== "string" || given.server === "") {
    throw new InvalidArgumentError("connection", hidden(connection), "name a server");
  }
  // mssql also accepts `encrypt` outside of `options`.
  const encryptByDefault = "encrypt" in given ? {} : { encrypt: true };
  return {
    validateConnection: "socket",
    ...("timeout" in given ? {} : { requestTimeout }), // mssql's other name for requestTimeout
    connectionTimeout: requestTimeout,
    ...given,
    options: {
      ...encryptByDefault,
      appName: "EverTask",
      cancelTimeout,
      ...given.options,
      useUTC: true,
    },
  };
}

/**
 * Checks the connection as far as possible without mssql, which parses an ADO.NET string when the
 * storage is opened.
 *
 * @throws {InvalidArgumentError} If the server is missing.
 */
export function checkServer(connection: string | SqlServerConfig): string | SqlServerConfig {
  if (typeof connection === "string") {
    if (/^(mssql|sqlserver):\/\//i.test(connection)) return parseUrl(connection);
    if (/(?:^|;)\s*(?:server|data source|addr|address|network address)\s*=/i.test(connection)) {
      return connection;
    }
  } else if (typeof connection.server === "string" && connection.server !== "") {
    return connection;
  }
  throw new InvalidArgumentError("connection", hidden(connection), "name a server");
}

function parseAdoNet(connection: string, mssql: Mssql): SqlServerConfig {
  try {
    return mssql.ConnectionPool.parseConnectionString(connection);
  } catch {
    const remedy = "be a URL or an ADO.NET string: Server=…;Database=…;User Id=…;Password=…";
    throw new InvalidArgumentError("connection", hidden(connection), remedy);
  }
}

/** Parses `mssql://user:password@host:port/database?option=value`. */
function parseUrl(connection: string): SqlServerConfig {
  checkConnectionUrl(connection, "connection");
  const url = new URL(connection);
  const { searchParams } = url;
  for (const option of searchParams.keys()) {
    if (urlOptions.includes(option)) continue;
    const remedy = `have no other options than ${urlOptions.join(", ")}`;
    throw new InvalidArgumentError("connection", hidden(connection), remedy);
  }
  const flag = (option: string, ifAbsent: boolean): boolean => {
    const value = searchParams.get(option);
    if (value === null) return ifAbsent;
    if (/^(true|false)$/i.test(value)) return value.toLowerCase() === "true";
    throw new InvalidArgumentError(`connection's ${option}`, hidden(value), "be true or false");
  };
  return {
    server: decodeURIComponent(url.hostname.replace(/^\[(.*)\]$/, "$1")),
    ...url.port === "" ? {} : { port: Number(url.port) },
    ...url.username === "" ? {} : { user: decodeURIComponent(url.username) },
    ...url.password === "" ? {} : { password: decodeURIComponent(url.password) },
    ...url.pathname.length < 2 ? {} : { database: decodeURIComponent(url.pathname.slice(1)) },
    options: {
      encrypt: flag("encrypt", true),
      trustServerCertificate: flag("trustServerCertificate", false),
    },
  };
}
