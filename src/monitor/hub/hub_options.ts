// The options of the hub, and the checked settings with defaults.

import type { OptionNames } from "../../guards/option_names.ts";
import {
  checkChoice,
  checkFlag,
  checkFunction,
  checkSecretOptions,
  hidden,
} from "../../guards/argument_checks.ts";
import { guardClock } from "../../time/guarded_clock.ts";
import { guardLogger } from "../../log/guarded_logger.ts";
import { guardIds } from "../../ids/guarded_random.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";
import { checkEventFilter, eventScopes } from "../../events/event_filter.ts";
import type {
  EventScope,
  SubscriptionOptions,
  TaskEvent,
  TaskEventFilter,
  TaskEventSource,
} from "../../events/task_event.ts";
import { randomId } from "../../ids/random_id.ts";
import { checkLogger, consoleLogger, type Logger } from "../../log/logger.ts";
import { checkClock, type Clock, systemClock } from "../../time/clock.ts";
import { type Duration, toMilliseconds } from "../../time/duration.ts";
import { type Authorize, type AuthorizedUser, userOf } from "../../access/authorize.ts";
import { accessCheck, type AccessToken, withTokenInHeader } from "../http/access_token.ts";
import { type AllowedHosts, Hosts } from "../http/hosts.ts";
import { type AllowedOrigins, Origins } from "../http/origins.ts";
import { cleanPath } from "../http/url_path.ts";
import type { EventOrigin } from "../monitored.ts";
import type { ConnectionsSettings } from "./hub_connections.ts";
import type { HubSocket } from "./web_socket_transport.ts";

/** The result of an upgrade to a WebSocket. */
export interface UpgradedWebSocket {
  /** The WebSocket; null if the handshake was rejected. */
  readonly socket: HubSocket | null;
  /** The response that the server is to send. */
  readonly response: Response;
}

/**
 * Upgrades a request to a WebSocket: `Deno.upgradeWebSocket`, or `upgrade` of {@linkcode
 * nodeWebSockets}.
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
  /**
   * The function that accepts WebSockets. Without it, clients use server-sent events or long
   * polling.
   */
  readonly upgrade?: UpgradeWebSocket;
  /**
   * The token that clients must send. Without it, everybody who can reach the hub sees the events.
   */
  readonly accessToken?: AccessToken;
  /**
   * Returns the user of a request, as for the REST API. Replaces `accessToken`. A token in the
   * query, as browsers send it, is passed as the header `Authorization`. Users with the right to
   * view get the events of the tasks that they see. Without the right to see payloads,
   * `taskParameters` is the text `null`.
   */
  readonly authorize?: Authorize;
  /**
   * The origins of other websites whose pages may connect. Pages of the hub's own host may always
   * connect.
   * @default none
   */
  readonly allowedOrigins?: AllowedOrigins;
  /**
   * The hosts for which the hub answers, without ports. Requests with another `Host` header get
   * 403. This excludes pages of websites that let their own name resolve to this machine (DNS
   * rebinding).
   * @default any host if there is an access token; otherwise `localhost`, its subdomains and all IP
   * addresses
   */
  readonly allowedHosts?: AllowedHosts;
  /**
   * Selects the events to send.
   * @default all
   */
  readonly filter?: TaskEventFilter;
  /**
   * The processes whose events are sent: all processes of the store, or only this one. Events of
   * other processes arrive within about a second, and frequent events of severity `Information` are
   * sampled. The events of other processes cost the store some statements a second while clients
   * are connected.
   *
   * @default "store"
   */
  readonly scope?: EventScope;
  /**
   * Whether events are sent with `taskParameters`. If false, `taskParameters` is empty. Payloads of
   * other processes are in the store's relay table for a minute while clients are connected.
   *
   * @default true
   */
  readonly parameters?: boolean;
  /**
   * Changes an event before it is sent, to remove secrets, as in `(event) => ({ ...event,
   * taskParameters: "{}" })`.
   */
  readonly redact?: (event: TaskEvent) => TaskEvent;
  /**
   * The maximum number of characters of `taskParameters`, `message` and `exception`. Longer texts
   * are cut and end with "…".
   * @default 16384
   */
  readonly maxFieldLength?: number;
  /**
   * The maximum length of a message from a client, in bytes.
   * @default 32768
   */
  readonly maxMessageLength?: number;
  /**
   * The maximum number of unsent bytes for a client. A client that reads too slowly is dropped, and
   * may reconnect.
   * @default 1048576
   */
  readonly maxBacklog?: number;
  /**
   * The maximum number of clients. Further clients get 503.
   * @default 1000
   */
  readonly maxClients?: number;
  /**
   * The maximum number of connections that are not clients: their handshake is not complete, or
   * they have ended and have not fetched the last message. If there are more, the oldest is
   * removed.
   * @default 1000
   */
  readonly maxPendingConnections?: number;
  /**
   * The interval of pings to clients.
   * @default 15 seconds
   */
  readonly keepAliveInterval?: Duration;
  /**
   * The time without data from a client after which it is dropped.
   * @default 30 seconds
   */
  readonly clientTimeout?: Duration;
  /**
   * The maximum time from a client's negotiation to its handshake.
   * @default 15 seconds
   */
  readonly handshakeTimeout?: Duration;
  /**
   * The time after which a long poll without events is answered. Proxies abort requests that take
   * longer than 30 to 60 seconds.
   * @default 25 seconds
   */
  readonly pollTimeout?: Duration;
  /**
   * The logger for dropped clients.
   * @default consoleLogger
   */
  readonly logger?: Logger;
  /**
   * The clock.
   * @default systemClock
   */
  readonly clock?: Clock;
  /**
   * Returns a new id or connection token, which must not be guessable.
   * @default random UUIDs
   */
  readonly newId?: () => string;
}

/** The options completed with defaults. */
export interface HubSettings extends ConnectionsSettings {
  readonly events: TaskEventSource;
  /** Returns the tags of a task; an empty array if the task cannot be read. */
  readonly tagsOf: (taskId: string) => Promise<readonly string[]>;
  readonly path: string;
  readonly upgrade: UpgradeWebSocket | null;
  /** Returns the user of a request; null if it is rejected. */
  readonly admit: (request: Request) => Promise<AuthorizedUser | null>;
  readonly origins: Origins;
  readonly hosts: Hosts;
  readonly subscription: SubscriptionOptions;
  readonly redact: (event: TaskEvent) => TaskEvent;
  readonly maxFieldLength: number;
  readonly pollTimeoutMs: number;
  readonly logger: Logger;
}

const optionNames: OptionNames<MonitorHubOptions> = {
  path: true,
  upgrade: true,
  accessToken: true,
  authorize: true,
  allowedOrigins: true,
  allowedHosts: true,
  filter: true,
  scope: true,
  parameters: true,
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
 * Checks the options and completes them with defaults.
 *
 * @throws {InvalidArgumentError} If an option is invalid or unknown.
 */
export function hubSettings(everTask: EventOrigin, options: MonitorHubOptions): HubSettings {
  // Unknown names are refused, because a misspelt accessToken would leave the hub open.
  checkSecretOptions(options, optionNames, "options");
  if (options.filter !== undefined) checkEventFilter(options.filter);
  for (const name of ["upgrade", "redact", "newId", "authorize"] as const) {
    checkFunction(options[name], name);
  }
  checkClock(options.clock, "clock");
  const { scope = "store", parameters = true } = options;
  checkChoice(scope, eventScopes, "scope");
  checkFlag(parameters, "parameters");
  const { accessToken, authorize, path = "/evertask/monitoring" } = options;
  const { maxFieldLength = 16_384, maxMessageLength = 32_768, maxBacklog = 1_048_576 } = options;
  const { maxClients = 1000, maxPendingConnections = 1000, keepAliveInterval = 15_000 } = options;
  const { clientTimeout = 30_000, handshakeTimeout = 15_000, pollTimeout = 25_000 } = options;
  if (options.logger !== undefined) checkLogger(options.logger, "logger");
  const logger = guardLogger(options.logger ?? consoleLogger);
  return {
    events: everTask.events,
    tagsOf: async (taskId) => {
      const task = await everTask.get?.(taskId).catch(() => null);
      return task?.tags ?? [];
    },
    path: cleanPath(path),
    upgrade: options.upgrade ?? null,
    admit: admission(accessToken, authorize),
    origins: new Origins(options.allowedOrigins),
    hosts: new Hosts(options.allowedHosts, (accessToken ?? authorize) === undefined, logger),
    subscription: { ...options.filter, scope, parameters },
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

/** The user of all requests without `authorize`. */
const everybody: AuthorizedUser = { user: "", can: ["view", "payloads"] };

function admission(
  accessToken: AccessToken | undefined,
  authorize: Authorize | undefined,
): HubSettings["admit"] {
  const mayPass = accessCheck(accessToken);
  if (authorize === undefined) {
    if (accessToken === undefined) return () => Promise.resolve(everybody);
    return async (request) => await mayPass(request) ? everybody : null;
  }
  if (accessToken !== undefined) {
    const remedy = "be omitted if authorize is given";
    throw new InvalidArgumentError("accessToken", hidden(accessToken), remedy);
  }
  return (request) => userOf(authorize, withTokenInHeader(request));
}

function atLeastOne(value: number, option: string): number {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError(option, value, "be an integer of at least 1");
  }
  return value;
}
