// Parses the parameters of a database's URL. If only other tools know a parameter, the error names
// the alternative.

import { hidden } from "../../src/guards/argument_checks.ts";
import { InvalidArgumentError } from "../../src/guards/errors.ts";

/** The known parameters, with libpq's meaning. */
const understood = [
  "host",
  "port",
  "user",
  "password",
  "dbname",
  "application_name",
  "options",
  "connect_timeout",
  "sslmode",
  "target_session_attrs",
] as const;

/** The name of a known parameter. */
export type ParameterName = typeof understood[number];

/** Parameters by name, decoded. */
export type UrlParameters = { readonly [Name in ParameterName]?: string };

/** The alternatives to parameters of libpq, postgres.js, Prisma, JDBC and other tools. */
const remedies: readonly [remedy: string, names: string][] = [
  ["pass the option schema of postgresStorage", "schema currentSchema"],
  ["pass prepare: false and notify: false to postgresStorage", "pgbouncer"],
  ["pass the option prepare of postgresStorage", "prepare statement_cache_size prepareThreshold"],
  ["pass the option maxConnections of postgresStorage", "connection_limit max pool_size"],
  ["pass the option queryTimeout of postgresStorage", "pool_timeout socket_timeout"],
  ["leave it out: sslmode=verify-full checks the server's identity", "channel_binding"],
  ["write sslmode=require, or sslmode=verify-full to check the server's certificate", "ssl"],
  ["write the address as the host", "hostaddr"],
  [
    "write options=-c%20name%3Dvalue, or set it for the role or the database",
    "search_path statement_timeout lock_timeout timezone TimeZone",
  ],
  [
    "make a postgres.js instance with such options, and pass it as `sql`",
    "sslrootcert sslcert sslkey sslpassword sslcrl sslcrldir sslsni sslcertmode sslcompression " +
    "sslaccept sslidentity ssl_min_protocol_version ssl_max_protocol_version idle_timeout " +
    "max_lifetime max_pipeline backoff keep_alive keepalives keepalives_idle " +
    "keepalives_interval keepalives_count tcp_user_timeout fetch_types debug publications",
  ],
  [
    "leave it out",
    "sslnegotiation passfile service servicefile require_auth requirepeer gssencmode gsslib " +
    "gssdelegation krbsrvname replication load_balance_hosts client_encoding " +
    "fallback_application_name uselibpqcompat",
  ],
];

/**
 * Parses the query of a URL.
 *
 * @throws {InvalidArgumentError} If it has an unknown parameter. The error names the parameter only
 * if other tools know it, because anything else may be part of a password.
 */
export function parseParameters(query: string): UrlParameters {
  const parameters: { [Name in ParameterName]?: string } = {};
  for (const part of query.split("&")) {
    if (part === "") continue;
    const [name, value] = part.split(/=(.*)/s).map(decodeURIComponent);
    const known = understood.find((known) => known === name);
    if (known === undefined || value === undefined) throw unknownParameter(name!);
    parameters[known] = value;
  }
  return parameters;
}

function unknownParameter(name: string): InvalidArgumentError {
  const remedy = remedies.find(([, names]) => names.split(" ").includes(name))?.[0];
  return refusedUrl(
    remedy === undefined
      ? `have no other parameters than ${understood.join(", ")}, each with a value`
      : `be without the parameter ${name}: ${remedy}`,
  );
}

/**
 * Returns the error for an invalid URL. The message shows no part of the URL.
 *
 * @param remedy The remedy, as a sentence fragment after "must".
 */
export function refusedUrl(remedy: string): InvalidArgumentError {
  return new InvalidArgumentError("url", hidden(""), remedy);
}
