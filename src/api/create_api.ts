// createApi: combines the routes, and adds authorization, headers and error responses to all of
// them.

import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { methodNotAllowed } from "hono/method-not-allowed";
import { getPath } from "hono/utils/url";
import type { Authorize } from "../access/authorize.ts";
import { checkFunction, checkMethods, checkOptions } from "../guards/argument_checks.ts";
import { PayloadValidationError } from "../payload/payload_validation_error.ts";
import { payloadProblems } from "./payload_problems.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { OptionNames } from "../guards/option_names.ts";
import { guardLogger } from "../log/guarded_logger.ts";
import { checkLogger, consoleLogger, type Logger } from "../log/logger.ts";
import { Origins } from "../monitor/http/origins.ts";
import { cleanPath } from "../monitor/http/url_path.ts";
import { checkClock, type Clock, systemClock } from "../time/clock.ts";
import { guardClock } from "../time/guarded_clock.ts";
import { cutText } from "../thrown/cut_text.ts";
import { readMember } from "../thrown/reading.ts";
import { StorageError } from "../storage/errors.ts";
import type { ApiEnvironment } from "./environment.ts";
import type { ApiSource } from "./source.ts";
import { addActionRoutes } from "./action_routes.ts";
import { addBulkRoutes } from "./bulk_routes.ts";
import { addChangeRoutes } from "./change_routes.ts";
import { addDispatchRoutes } from "./dispatch_routes.ts";
import { addEventRoutes } from "./event_routes.ts";
import { addFigureRoutes } from "./figure_routes.ts";
import { type ClientAddress, guard, peerAddress, tags } from "./guard.ts";
import { addHistoryRoutes } from "./history_routes.ts";
import { NotAllowedError } from "./not_allowed.ts";
import { addOperationRoutes } from "./operation_routes.ts";
import { problem } from "./problems.ts";
import { headers, limitBody, sameOrigin } from "./request_checks.ts";
import { addSeriesRoutes } from "./series_routes.ts";
import { addSessionRoutes } from "./session_routes.ts";
import { FailedAttempts } from "./sign_in/failed_attempts.ts";
import type { SignIn } from "./sign_in/authorize_people.ts";
import { addStoreRoutes } from "./store_routes.ts";
import { addTaskRoutes } from "./task_routes.ts";
import { addUserRoutes } from "./user_routes.ts";

/** Options of {@linkcode createApi}. */
export interface ApiOptions {
  /**
   * Returns the user of a request, with their rights. Without it, the API accepts only requests
   * from this machine: from a loopback address, to a loopback host name, without a proxy.
   */
  readonly authorize?: Authorize;
  /**
   * The URL path under which the API is mounted, if the server passes it on: `/ops` for requests to
   * `/ops/api/v1/`.
   * @default "/"
   */
  readonly path?: string;
  /**
   * Returns the address of a client, from a header of your proxy. The API rejects an address after
   * 10 failed attempts to authenticate in a minute.
   * @default the peer of the connection
   */
  readonly clientAddress?: ClientAddress;
  /**
   * The clock.
   * @default systemClock
   */
  readonly clock?: Clock;
  /**
   * The logger for errors that the API answers with status 500.
   * @default consoleLogger
   */
  readonly logger?: Logger;
}

/** The API of an instance. */
export interface Api {
  /**
   * Handles a request whose path begins with `/api/v1/`. Can be passed to `Deno.serve` and other
   * servers that take Fetch handlers. Never rejects.
   *
   * @param connection The server's data about the connection; see {@linkcode ApiOptions.authorize}.
   */
  readonly fetch: (request: Request, connection?: unknown) => Promise<Response>;
}

/** The names of the options. */
export const apiOptionNames: OptionNames<ApiOptions> = {
  authorize: true,
  path: true,
  clientAddress: true,
  clock: true,
  logger: true,
};

/**
 * Creates a REST API that shows and changes the tasks, queues and workers of a store.
 *
 * @example
 * ```ts
 * import { createEverTask } from "@evertask/evertask";
 * import { createApi } from "@evertask/evertask/api";
 * import { memoryStorage } from "@evertask/evertask/memory";
 *
 * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
 * const token = crypto.randomUUID();
 * const api = createApi(everTask, {
 *   authorize: ({ headers }) =>
 *     headers.get("authorization") === `Bearer ${token}`
 *       ? { user: "operator", can: ["view", "payloads"] }
 *       : null,
 * });
 * const server = Deno.serve({ port: 0, onListen() {} }, api.fetch);
 * const url = `http://localhost:${server.addr.port}/api/v1/tasks/count?status=Failed`;
 * const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
 * console.log(await answer.json()); // { count: 0, exact: true }
 * await server.shutdown();
 * ```
 *
 * @param everTask The instance; it need not be started.
 * @throws {InvalidArgumentError} If an option is invalid.
 */
export function createApi(everTask: ApiSource, options: ApiOptions = {}): Api {
  const remedy = "be an instance, as createEverTask makes it";
  checkMethods(readMember(everTask, "operate"), ["explain"], "everTask", remedy, everTask);
  checkOptions(options, apiOptionNames, "options");
  const { authorize, path = "/", clientAddress = peerAddress, logger = consoleLogger } = options;
  checkFunction(authorize, "authorize");
  checkFunction(clientAddress, "clientAddress");
  checkClock(options.clock, "clock");
  checkLogger(logger, "logger");
  const prefix = cleanPath(path);
  const guarded = guardLogger(logger);
  const clock = guardClock(options.clock ?? systemClock, guarded);
  const attempts = new FailedAttempts(clock);
  if (authorize === undefined) guarded.info(openMessage);
  const app = new OpenAPIHono<ApiEnvironment>({
    getPath: (request) => pathBelow(prefix, request),
    defaultHook(result, context) {
      if (result.success) return;
      const errors = result.error.issues.flatMap(({ path, message, ...issue }) =>
        issue.code === "unrecognized_keys"
          ? issue.keys.map((name) => ({ name, detail: "There is no such parameter." }))
          : [{ name: String(path[0] ?? "body"), detail: `${given(context, path)}${message}` }]
      );
      const names = [...new Set(errors.map(({ name }) => name))].join(", ");
      return problem(context, "invalid-request", `These parameters are invalid: ${names}.`, {
        errors,
      });
    },
  });
  app.use(headers);
  app.use(sameOrigin(new Origins()));
  app.use(limitBody);
  const signIn = signInOf(authorize);
  if (signIn !== undefined) addSessionRoutes(app, { signIn, clientAddress, attempts });
  app.use(guard({ source: everTask, authorize, clientAddress, attempts, logger: guarded }));
  app.use(tags);
  app.use(methodNotAllowed({
    app,
    onMethodNotAllowed(context, methods) {
      const allow = methods.join(", ");
      context.header("allow", allow);
      return problem(context, "method-not-allowed", `This path supports only ${allow}.`);
    },
  }));
  addTaskRoutes(app);
  addHistoryRoutes(app);
  addSeriesRoutes(app);
  addStoreRoutes(app);
  addUserRoutes(app);
  addDispatchRoutes(app);
  addChangeRoutes(app);
  addBulkRoutes(app);
  addOperationRoutes(app);
  addActionRoutes(app);
  addEventRoutes(app, clock);
  addFigureRoutes(app);
  app.get("/api/v1/openapi.json", (context) => context.json(app.getOpenAPI31Document(about), 200));
  app.notFound((context) => problem(context, "not-found", `There is no ${context.req.path}.`));
  app.onError(errorHandler(guarded));
  return { fetch: async (request, connection) => await app.fetch(request, { connection }) };
}

const openMessage =
  "The API has no authorize: it accepts only requests from this machine, and changes nothing.";

/** Returns the path of a request below the path of the mount; "/" for requests elsewhere. */
function pathBelow(prefix: string, request: Request): string {
  const path = getPath(request);
  if (prefix === "") return path;
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : "/";
}

/** Returns the sign-in functions of an `authorize`, if it has them. */
function signInOf(authorize: Authorize | undefined): SignIn | undefined {
  const signIn = readMember(authorize, "signIn");
  return typeof readMember(signIn, "byToken") === "function" ? signIn as SignIn : undefined;
}

/** Returns the start of an error message: the value of a query parameter, if it was sent. */
function given(context: Context, [name, index = 0]: readonly PropertyKey[]): string {
  const value = context.req.queries(String(name))?.[Number(index)];
  return value === undefined ? "" : `${JSON.stringify(cutText(value, 100))}: `;
}

const about = {
  openapi: "3.1.0",
  info: {
    title: "EverTask",
    version: "1",
    description: "The tasks, queues and workers of a store, and why a task is not running.",
  },
  servers: [{ url: "../..", description: "Relative to this document" }],
};

/** Returns the response to an error of a route. */
function errorHandler(logger: Logger) {
  return (error: Error, context: Context) => {
    const path = context.req.path;
    if (error instanceof HTTPException && error.status < 500) {
      return problem(context, "invalid-request", error.message || "The request is invalid.");
    }
    if (error instanceof PayloadValidationError) {
      const errors = payloadProblems(error.issues);
      return problem(context, "invalid-request", error.message, { errors });
    }
    if (error instanceof InvalidArgumentError) {
      return problem(context, "invalid-request", error.message);
    }
    if (error instanceof NotAllowedError) return problem(context, "not-allowed", error.message);
    if (error instanceof StorageError && error.transient) {
      context.header("retry-after", "1");
      return problem(context, "storage-unavailable", "Try again.");
    }
    logger.error("The API could not answer {path}: {error}", { path, error });
    return problem(context, "internal-error", "See the server's log.");
  };
}
