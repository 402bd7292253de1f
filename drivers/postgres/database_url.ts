// The URL of a database, read as libpq does:
// https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS

import { hidden } from "../../src/guards/argument_checks.ts";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { checkConnectionUrl } from "../../src/storage/connection_url.ts";
import { type Environment, variableIfAny } from "./environment.ts";
import { type ServerAddress, splitAuthority, toAddresses } from "./server_addresses.ts";
import { parseParameters, refusedUrl } from "./url_parameters.ts";

/** The parts of a URL. */
export interface DatabaseUrl {
  /** At least one; they are tried in turn. */
  readonly servers: readonly ServerAddress[];
  readonly user: string;
  /** Null: there is none in the URL. */
  readonly password: string | null;
  readonly database: string;
  /** What postgres.js calls `ssl`. */
  readonly ssl: false | "prefer" | "require" | "verify-full";
  /** Whether a server that only reads is passed over. */
  readonly mustWrite: boolean;
  /** How long one server may take until it is connected, in milliseconds; null: it does not say. */
  readonly connectTimeoutMs: number | null;
  /** Settings of the sessions. */
  readonly settings: Readonly<Record<string, string>>;
}

const shape = new RegExp(
  "^postgres(?:ql)?://(?:(?<user>[^:@]*)(?::(?<password>[^@]*))?@)?(?<authority>[^/?]*)" +
    "(?:/(?<database>[^?]*))?(?:\\?(?<query>.*))?$",
);

/**
 * How a choice in the URL is passed on. libpq's `allow` is `prefer` in the other order;
 * `verify-full` does what `verify-ca` does, and more.
 */
const sslModes = {
  "disable": false,
  "allow": "prefer",
  "prefer": "prefer",
  "require": "require",
  "verify-ca": "verify-full",
  "verify-full": "verify-full",
} as const;

/** Of libpq's choices, those with which a storage can write. */
const sessionKinds = { "any": false, "read-write": true, "primary": true } as const;

/**
 * Reads a URL. Missing parts are read from the environment: PGHOST, PGPORT, PGUSER and PGDATABASE.
 *
 * @throws {InvalidArgumentError} If it is no URL of a database, or has unsupported options. The
 * error shows no part of the URL.
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

/** As with libpq, zero and less are no limit of the URL's. */
function toTimeout(seconds: string): number | null {
  if (!/^-?\d{1,6}$/.test(seconds)) throw refusedUrl("have whole seconds as connect_timeout");
  return Number(seconds) > 0 ? Number(seconds) * 1_000 : null;
}

/** A variable in place of a part that the URL leaves out; empty when it is not set. */
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
    throw unreadable("the user", "ask for the system's (in Deno: --allow-sys=uid,gid,userInfo)");
  }
}

function unreadable(part: string, permission: string): InvalidArgumentError {
  return refusedUrl(`name ${part}, as this program is not permitted to ${permission}`);
}
