// A hub behind Node's http server and npm's `ws`, in this process.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { silentLogger } from "../../../src/log/logger.ts";
import {
  createMonitorHub,
  type MonitorHub,
  type MonitorHubOptions,
  nodeListener,
  nodeWebSockets,
} from "../../../src/monitor/mod.ts";
import { EventSourceForTests } from "./event_source.ts";

/** A served hub; disposing of it closes the hub and the server. */
export interface HubInNodeServer extends AsyncDisposable {
  readonly events: EventSourceForTests;
  readonly hub: MonitorHub;
  readonly port: number;
}

/**
 * Serves a hub on a free port.
 *
 * @param limits Options of the WebSocketServer.
 */
export async function serveInNodeServer(
  options: MonitorHubOptions = {},
  limits: { readonly maxPayload?: number } = {},
): Promise<HubInNodeServer> {
  const events = new EventSourceForTests();
  const webSockets = nodeWebSockets(new WebSocketServer({ noServer: true, ...limits }));
  const hub = createMonitorHub({ events }, {
    upgrade: webSockets.upgrade,
    logger: silentLogger,
    ...options,
  });
  const server = createServer(nodeListener(hub.fetch));
  server.on("upgrade", webSockets.upgradeListener(hub.fetch));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    events,
    hub,
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      hub.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
