// A hub that a test calls directly, without a server and with a stopped clock.

import { assertEquals } from "@std/assert";
import { silentLogger } from "../../../src/log/logger.ts";
import {
  createMonitorHub,
  type EventOrigin,
  type MonitorHubOptions,
} from "../../../src/monitor/mod.ts";
import { EventSourceForTests } from "./event_source.ts";
import { FakeClock } from "../../../src/testing/fake_clock.ts";

const base = "http://localhost/evertask/monitoring";
/** The first message of a client. */
export const handshake = '{"protocol":"json","version":1}\x1e';

/** Headers that request a WebSocket. */
export const webSocketHeaders = {
  upgrade: "websocket",
  connection: "keep-alive, Upgrade",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/**
 * Makes a hub, and functions that send it requests.
 *
 * @param origin Members of the event origin besides `events`: `tasks` or `get`.
 */
export function makeHub(options: MonitorHubOptions = {}, origin: Partial<EventOrigin> = {}) {
  const events = new EventSourceForTests();
  const clock = new FakeClock();
  const hub = createMonitorHub({ events, ...origin }, { clock, logger: silentLogger, ...options });
  const ask = (path: string, init: RequestInit = {}) => hub.fetch(new Request(base + path, init));
  const negotiate = async () => {
    const response = await ask("/negotiate?negotiateVersion=1", { method: "POST" });
    return (await response.json()).connectionToken as string;
  };
  const post = (id: string, body: string) => ask(`?id=${id}`, { method: "POST", body });
  const poll = (id: string) => ask(`?id=${id}`);
  /** Connects by long polling, up to the response to the handshake. */
  const connect = async (greeting = handshake) => {
    const id = await negotiate();
    assertEquals(await (await poll(id)).text(), "");
    await post(id, greeting);
    return { id, answer: await (await poll(id)).text() };
  };
  /** Connects by server-sent events, and reads them one by one. */
  const stream = async () => {
    const id = await negotiate();
    const response = await ask(`?id=${id}`, { headers: { accept: "text/event-stream" } });
    assertEquals(response.headers.get("content-type"), "text/event-stream");
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    assertEquals((await reader.read()).value, ":\n\n");
    await post(id, handshake);
    assertEquals((await reader.read()).value, "data: {}\x1e\n\n");
    return { id, reader };
  };
  return { events, clock, hub, ask, negotiate, post, poll, connect, stream };
}
