// A hub behind a server on a port of this machine, and its source of events.

import { silentLogger } from "../../../src/log/logger.ts";
import {
  createMonitorHub,
  type MonitorHub,
  type MonitorHubOptions,
} from "../../../src/monitor/mod.ts";
import { EventSourceForTests } from "./event_source.ts";
import { until } from "../../support/until.ts";

/** A served hub; disposing of it closes the hub and the server. */
export interface ServedHub extends AsyncDisposable {
  readonly events: EventSourceForTests;
  readonly hub: MonitorHub;
  readonly port: number;
  /** The hub's URL. */
  readonly url: string;
}

/** Serves a hub; on a free port if none is given. */
export function serveHub(options: MonitorHubOptions = {}, port = 0): ServedHub {
  const events = new EventSourceForTests();
  const hub = createMonitorHub({ events }, {
    upgrade: Deno.upgradeWebSocket,
    logger: silentLogger,
    ...options,
  });
  const server = Deno.serve({ port, hostname: "127.0.0.1", onListen() {} }, hub.fetch);
  return {
    events,
    hub,
    port: server.addr.port,
    url: `http://127.0.0.1:${server.addr.port}${hub.path}`,
    async [Symbol.asyncDispose]() {
      hub.close();
      await server.shutdown();
      if (port !== 0) await free(port);
    },
  };
}

/**
 * Resolves once the port is free again. On a busy machine, this may be a little after its server
 * has shut down.
 */
async function free(port: number): Promise<void> {
  const isFree = () => {
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse) return false;
      throw error;
    }
  };
  await until(isFree, `port ${port} is free`);
}
