// The options of the hub, and the checked settings with defaults.

import type { OptionNames } from "../../guards/option_names.ts";
import { checkFunction, checkSecretOptions } from "../../guards/argument_checks.ts";
import { guardClock } from "../../time/guarded_clock.ts";
import { guardLogger } from "../../log/guarded_logger.ts";
import { guardIds } from "../../ids/guarded_random.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";
import { checkEventFilter } from "../../events/event_filter.ts";
import type { TaskEvent, TaskEventFilter, TaskEventSource } from "../../events/task_event.ts";
import { randomId } from "../../ids/random_id.ts";
import { checkLogger, consoleLogger, type Logger } from "../../log/logger.ts";
import { checkClock, type Clock, systemClock } from "../../time/clock.ts";
import { type Duration, toMilliseconds } from "../../time/duration.ts";
import { type AccessCheck, accessCheck, type AccessToken } from "../http/access_token.ts";
import { type AllowedHosts, Hosts } from "../http/hosts.ts";
import { type AllowedOrigins, Origins } from "../http/origins.ts";
import { cleanPath } from "../http/url_path.ts";
import type { ConnectionsSettings } from "./hub_connections.ts";
import type { HubSocket } from "./web_socket_transport.ts";

/** A request for a WebSocket that was answered. */
export interface UpgradedWebSocket {
  /** The WebSocket; null when the handshake was refused. */
  readonly socket: HubSocket | null;
  /** What the server is to answer. */
  readonly response: Response;
}

/**
 * Turns a request into a WebSocket, by the means of the runtime: `Deno.upgradeWebSocket`, or
 * `upgrade` of {@linkcode nodeWebSockets}.
 */
export type UpgradeWebSocket = (
  request: Request,
) => UpgradedWebSocket;

/** Options of {@linkcode createMonitorHub}. */
export interface MonitorHubOptions {
  /**
   * The URL path of the hub.
   * @default "/evertask/monitoring"
   */
  readonly path?: string;
  /** How to accept WebSockets. Without it, clients use server-sent events or long polling. */
  readonly upgrade?: UpgradeWebSocket;
  /** What clients have to know. Without it, everybody who reaches the hub sees the events. */
  readonly accessToken?: AccessToken;
  /**
   * Origins of other sites whose pages may connect. Pages of the hub's own host always may.
   * @default none
   */
  readonly allowedOrigins?: AllowedOrigins;
  /**
   * Under which hosts the hub may be asked, without ports; requests with another `Host` header are
   * answered 403. It keeps out pages of other sites that let their own name point to this machine
   * (DNS rebinding).
   * @default any with an access token, else `localhost`, names below it, and all addresses
   */
  readonly allowedHosts?: AllowedHosts;
  /**
   * Which events are sent.
   * @default all
   */
  readonly filter?: TaskEventFilter;
  /**
   * Changes an event before it is sent, to keep secrets inside: say, `(event) => ({ ...event,
   * taskParameters: "{}" })`.
   */
  readonly redact?: (event: TaskEvent) => TaskEvent;
  /**
   * How many characters of `taskParameters`, `message` and `exception` are sent; the rest is cut
   * off and shown as "…".
   * @default 16384
   */
  readonly maxFieldLength?: number;
  /**
   * The longest message that is accepted from a client, in bytes.
   * @default 32768
   */
  readonly maxMessageLength?: number;
  /**
   * How many bytes may pile up for a client that reads too slowly, before it is dropped (it may
   * connect again).
   * @default 1048576
   */
  readonly maxBacklog?: number;
  /**
   * How many clients may be connected; more are answered 503.
   * @default 1000
   */
  readonly maxClients?: number;
  /**
   * How many connections may be there beside the clients: some have not finished their handshake,
   * some have ended and not fetched their last message. When there are more, the oldest is
   * forgotten.
   * @default 1000
   */
  readonly maxPendingConnections?: number;
  /**
   * How often clients are sent a ping.
   * @default 15 seconds
   */
  readonly keepAliveInterval?: Duration;
  /**
   * After what silence a client is given up.
   * @default 30 seconds
   */
  readonly clientTimeout?: Duration;
  /**
   * How long a client may take from its negotiation to its handshake.
   * @default 15 seconds
   */
  readonly handshakeTimeout?: Duration;
  /**
   * After how long a long poll without news is answered; proxies cut off requests that take longer
   * than 30 to 60 seconds.
   * @default 25 seconds
   */
  readonly pollTimeout?: Duration;
  /**
   * Where dropped clients are reported.
   * @default consoleLogger
   */
  readonly logger?: Logger;
  /**
   * The time.
   * @default systemClock
   */
  readonly clock?: Clock;
  /**
   * Makes ids and connection tokens, which must not be guessable.
   * @default random UUIDs
   */
  readonly newId?: () => string;
}

/** The options with defaults filled in. */
export interface HubSettings extends ConnectionsSettings {
  readonly events: TaskEventSource;
  readonly path: string;
  readonly upgrade: UpgradeWebSocket | null;
  readonly mayPass: AccessCheck;
  readonly origins: Origins;
  readonly hosts: Hosts;
  readonly filter: TaskEventFilter;
  readonly redact: (event: TaskEvent) => TaskEvent;
  readonly maxFieldLength: number;
  readonly pollTimeoutMs: number;
  readonly logger: Logger;
}

const optionNames: OptionNames<MonitorHubOptions> = {
  path: true,
  upgrade: true,
  accessToken: true,
  allowedOrigins: true,
  allowedHosts: true,
  filter: true,
  redact: true,
  maxFieldLength: true,
  maxMessageLength: true,
  maxBacklog: true,
  maxClients: true,
  maxPendingConnections: true,
  keepAliveInterval: true,
  clientTimeout: true,
  handshakeTimeout: true,
  pollTimeout: true,
  logger: true,
  clock: true,
  newId: true,
};

/**
 * @throws {InvalidArgumentError} If an option has a value that cannot be used, or there is no such
 * option.
 */
export function hubSettings(events: TaskEventSource, options: MonitorHubOptions): HubSettings {
  checkSecretOptions(options, optionNames, "options"); // a misspelt accessToken would leave the hub open to everybody
  if (options.filter !== undefined) checkEventFilter(options.filter);
  for (const name of ["upgrade", "redact", "newId"] as const) checkFunction(options[name], name);
  checkClock(options.clock, "clock");
  const { accessToken, path = "/evertask/monitoring" } = options;
  const { maxFieldLength = 16_384, maxMessageLength = 32_768, maxBacklog = 1_048_576 } = options;
  const { maxClients = 1000, maxPendingConnections = 1000, keepAliveInterval = 15_000 } = options;
  const { clientTimeout = 30_000, handshakeTimeout = 15_000, pollTimeout = 25_000 } = options;
  if (options.logger !== undefined) checkLogger(options.logger, "logger");
  const logger = guardLogger(options.logger ?? consoleLogger);
  return {
    events,
    path: cleanPath(path),
    upgrade: options.upgrade ?? null,
    mayPass: accessCheck(accessToken),
    origins: new Origins(options.allowedOrigins),
    hosts: new Hosts(options.allowedHosts, accessToken === undefined, logger),
    filter: options.filter ?? {},
    redact: options.redact ?? ((event) => event),
    maxFieldLength: atLeastOne(maxFieldLength, "maxFieldLength"),
    maxMessageLength: atLeastOne(maxMessageLength, "maxMessageLength"),
    maxBacklog: atLeastOne(maxBacklog, "maxBacklog"),
    maxClients: atLeastOne(maxClients, "maxClients"),
    maxPendingConnections: atLeastOne(maxPendingConnections, "maxPendingConnections"),
    keepAliveMs: toMilliseconds(keepAliveInterval, "keepAliveInterval"),
    clientTimeoutMs: toMilliseconds(clientTimeout, "clientTimeout"),
    handshakeTimeoutMs: toMilliseconds(handshakeTimeout, "handshakeTimeout"),
    pollTimeoutMs: toMilliseconds(pollTimeout, "pollTimeout"),
    logger,
    clock: guardClock(options.clock ?? systemClock, logger),
    newId: guardIds(options.newId ?? randomId, randomId, logger),
  };
}

function atLeastOne(value: number, option: string): number {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError(option, value, "be an integer of at least 1");
  }
  return value;
}
