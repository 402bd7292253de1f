// Parses the URL of a database as libpq does:
// https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS

import { hidden } from "../../src/guards/argument_checks.ts";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { checkConnectionUrl } from "../../src/storage/connection_url.ts";
import { type Environment, variableIfAny } from "./environment.ts";
import { type ServerAddress, splitAuthority, toAddresses } from "./server_addresses.ts";
import { parseParameters, refusedUrl } from "./url_parameters.ts";

/** The parts of a URL. */
export interface DatabaseUrl {
  /** The servers, at least one, which are tried in turn. */
  readonly servers: readonly ServerAddress[];
  readonly user: string;
  /** The password; null if the URL has none. */
  readonly password: string | null;
  readonly database: string;
  /** The value of the option `ssl` of postgres.js. */
  readonly ssl: false | "prefer" | "require" | "verify-full";
  /** Whether read-only servers are skipped. */
  readonly mustWrite: boolean;
  /** The timeout of connecting to one server, in milliseconds; null if the URL has none. */
  readonly connectTimeoutMs: number | null;
  /** Settings of the sessions. */
  readonly settings: Readonly<Record<string, string>>;
}

const shape = new RegExp(
  "^postgres(?:ql)?://(?:(?<user>[^:@]*)(?::(?<password>[^@]*))?@)?(?<authority>[^/?]*)" +
    "(?:/(?<database>[^?]*))?(?:\\?(?<query>.*))?$",
);

/**
 * The values of the option `ssl` of postgres.js by `sslmode`. libpq's `allow` makes the same
 * attempts as `prefer`, in the other order. `verify-full` includes the checks of `verify-ca`.
 */
const sslModes = {
  "disable": false,
  "allow": "prefer",
  "prefer": "prefer",
  "require": "require",
  "verify-ca": "verify-full",
  "verify-full": "verify-full",
} as const;

/**
 * Whether read-only servers are skipped, by the value of libpq's `target_session_attrs`. Its other
 * values ask for read-only servers or standbys, to which a storage cannot write.
 */
const sessionKinds = { "any": false, "read-write": true, "primary": true } as const;

/**
 * Parses a URL. Reads missing parts from the environment: PGHOST, PGPORT, PGUSER and PGDATABASE.
 *
 * @throws {InvalidArgumentError} If `url` is not the URL of a database, or has unsupported options.
 * The error shows no part of the URL.
 */
export function parseDatabaseUrl(url: unknown, environment: Environment): DatabaseUrl {
  if (typeof url !== "string" || !/^postgres(?:ql)?:\/\//.test(url)) {
    throw new InvalidArgumentError("url", hidden(url), "be a string that begins with postgres://");
  }
  checkConnectionUrl(url, "url");
  if (url.includes("%00")) throw refusedUrl("hold no %00");
  const { query = "", authority = "", ...encoded } = shape.exec(url)!.groups!;
  const named = (part: string) => decodeURIComponent(encoded[part] ?? "");
  const parameters = parseParameters(query);
  const user = parameters.user || named("user") || defaultUser(environment);
  const lists = splitAuthority(authority);
  const hosts = parameters.host?.split(",") ?? lists.hosts;
  const ports = parameters.port?.split(",") ?? lists.ports;
  const servers = toAddresses({
    hosts: hosts.some(Boolean) ? hosts : read(environment, "PGHOST", "the host").split(","),
    ports: ports.some(Boolean) ? ports : variableIfAny(environment, "PGPORT").split(","),
  });
  const { sslmode = "disable", target_session_attrs = "any" } = parameters;
  const ssl = choose("sslmode", sslModes, sslmode);
  return {
    servers,
    user,
    password: (parameters.password ?? named("password")) || null,
    database: parameters.dbname || named("database") ||
      read(environment, "PGDATABASE", "the database") || user,
    ssl: servers.every(({ path }) => path !== null) ? false : ssl, // a Unix socket has no TLS
    mustWrite: choose("target_session_attrs", sessionKinds, target_session_attrs),
    connectTimeoutMs: toTimeout(parameters.connect_timeout || "0"),
    settings: {
      application_name: parameters.application_name || "evertask",
      ...parameters.options ? { options: parameters.options } : {},
    },
  };
}

function choose<Choices extends object>(
  name: string,
  choices: Choices,
  choice: string,
): Choices[keyof Choices] {
  if (Object.hasOwn(choices, choice)) return choices[choice as keyof Choices];
  throw refusedUrl(`have one of ${Object.keys(choices).join(", ")} as ${name}`);
}

/** Parses `connect_timeout`. As with libpq, zero and negative values mean no timeout. */
function toTimeout(seconds: string): number | null {
  if (!/^-?\d{1,6}$/.test(seconds)) throw refusedUrl("have whole seconds as connect_timeout");
  return Number(seconds) > 0 ? Number(seconds) * 1_000 : null;
}

/** Returns the variable for a part that the URL omits; empty if it is not set. */
function read(environment: Environment, name: string, part: string): string {
  try {
    return environment.variable(name) ?? "";
  } catch {
    throw unreadable(part, `read ${name} (in Deno: --allow-env=${name})`);
  }
}

function defaultUser(environment: Environment): string {
  const variable = read(environment, "PGUSER", "the user");
  if (variable !== "") return variable;
  try {
    return environment.userName();
  } catch {
    throw unreadable(
      "the user",
      "read the name of the system's user (in Deno: --allow-sys=uid,gid,userInfo)",
    );
  }
}

function unreadable(part: string, permission: string): InvalidArgumentError {
  return refusedUrl(`name ${part}, as this program is not permitted to ${permission}`);
}
