// serveDashboard: a server for the dashboard alone, in Deno and in Node.

import { createServer, type Server } from "node:http";
import { apiOptionNames } from "../api/create_api.ts";
import { authorizePeople } from "../api/sign_in/authorize_people.ts";
import type { ApiSource } from "../api/source.ts";
import { checkNumber, checkOptions } from "../guards/argument_checks.ts";
import { EverTaskError, InvalidArgumentError } from "../guards/errors.ts";
import { randomId } from "../ids/random_id.ts";
import { consoleLogger } from "../log/logger.ts";
import { nodeListener } from "../monitor/adapters/node.ts";
import { isLoopbackHost, parseHost } from "../monitor/http/host.ts";
import { cleanPath } from "../monitor/http/url_path.ts";
import { createDashboard, type DashboardOptions } from "./create_dashboard.ts";

/** Options of {@linkcode serveDashboard}. */
export interface ServeDashboardOptions extends DashboardOptions {
  /**
   * The TCP port; 0 for a free one.
   * @default 8025
   */
  readonly port?: number;
  /**
   * The name or the address of the interface to listen on. Every interface but loopback requires
   * the option `authorize`.
   * @default "127.0.0.1"
   */
  readonly hostname?: string;
}

/** The server of {@linkcode serveDashboard}. */
export interface DashboardServer extends AsyncDisposable {
  /** The URL of the start page. */
  readonly url: string;
  /**
   * The URL that signs in once, in a browser on this machine, within 10 minutes; null if the option
   * `authorize` is given.
   */
  readonly signInLink: string | null;
  /** Stops the server, and ends its connections. The instance continues. */
  stop(): Promise<void>;
}

/** The name of the person who opens the sign-in link. */
const developer = "developer";

/**
 * Serves a dashboard on a port of its own. The process need not run tasks: without
 * `everTask.start()` it only shows and changes what is stored.
 *
 * Without `authorize`, the server is for the person who started it: it listens on loopback only,
 * and logs a link that signs in once, with all rights. With `authorize`, it logs its URL.
 *
 * @example
 * ```ts
 * import { createEverTask } from "@evertask/evertask";
 * import { serveDashboard } from "@evertask/evertask/dashboard";
 * import { memoryStorage } from "@evertask/evertask/memory";
 *
 * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
 * const server = await serveDashboard(everTask, { port: 0 });
 * console.log(server.url); // http://127.0.0.1:41234/
 * await server.stop();
 * ```
 *
 * @param everTask The instance; it need not be started.
 * @throws {InvalidArgumentError} If an option is invalid.
 * @throws {EverTaskError} If the port cannot be opened.
 */
export async function serveDashboard(
  everTask: ApiSource,
  options: ServeDashboardOptions = {},
): Promise<DashboardServer> {
  checkOptions(options, { ...apiOptionNames, port: true, hostname: true }, "options");
  const { port = 8025, hostname = "127.0.0.1", ...others } = options;
  checkPort(port);
  const host = hostInUrl(hostname);
  const { authorize, logger = consoleLogger, clock } = others;
  const isOwn = authorize === undefined;
  if (isOwn && !isLoopbackHost(host)) {
    const remedy = "be a loopback address, such as 127.0.0.1, without the option authorize";
    throw new InvalidArgumentError("hostname", hostname, remedy);
  }
  const people = [{
    user: developer,
    token: randomId(),
    can: ["view", "payloads", "operate", "admin"],
  }] as const;
  const own = authorizePeople(people, clock === undefined ? {} : { clock });
  const { fetch } = createDashboard(everTask, { ...others, authorize: isOwn ? own : authorize });
  const server = createServer(nodeListener(fetch, { logger }));
  const openPort = await listen(server, port, hostname);
  const root = `http://${host}:${openPort}${cleanPath(others.path ?? "/")}`;
  const signInLink = isOwn ? own.signInLink(root, developer) : null;
  logger.info("The dashboard is at {url}", { url: signInLink ?? `${root}/` });
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `${root}/`, signInLink, stop, [Symbol.asyncDispose]: stop };
}

/** Opens a port, and returns it. */
async function listen(server: Server, port: number, hostname: string): Promise<number> {
  const opened = Promise.withResolvers<void>();
  try {
    server.once("error", opened.reject);
    server.listen(port, hostname, opened.resolve);
    await opened.promise;
  } catch (cause) {
    const message = `The dashboard cannot listen on port ${port} of ${hostname}: another program ` +
      "may use it, or this user may not. Choose another port.";
    throw new EverTaskError(message, { cause });
  }
  return (server.address() as { readonly port: number }).port;
}

/** Checks a host name or an address, and returns it as URLs contain it. */
function hostInUrl(hostname: unknown): string {
  if (typeof hostname === "string") {
    const host = parseHost(hostname.includes(":") ? `[${hostname}]` : hostname);
    if (host !== null) return host.hostname;
  }
  throw new InvalidArgumentError("hostname", hostname, "be a host name or an IP address");
}

function checkPort(port: unknown): void {
  checkNumber(port, "port");
  if (Number.isInteger(port) && Number(port) >= 0 && Number(port) <= 65_535) return;
  throw new InvalidArgumentError("port", port, "be an integer from 0 to 65535");
}
