// Ways to mount a handler: servers, a path, and a proxy that removes the path.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
// @ts-types="@types/express"
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import type { Api } from "../../src/api/mod.ts";
import { nodeListener } from "../../src/monitor/mod.ts";
import { EventStreams } from "../support/event_streams.ts";

/** A server with a handler, and the handler's URL. */
export interface Mount extends AsyncDisposable {
  readonly url: string;
}

/** Starts a Node server. */
async function listen(server: ReturnType<typeof createServer>, path: string): Promise<Mount> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function serve(handler: Deno.ServeHandler<Deno.NetAddr>, path: string): Mount {
  const streams = new EventStreams();
  const options = { port: 0, hostname: "127.0.0.1", onListen() {} };
  const server = Deno.serve(options, streams.watch(handler));
  return {
    url: `http://127.0.0.1:${server.addr.port}${path}`,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await streams.ended();
    },
  };
}

/** Starts a proxy that removes a path prefix from requests. */
function proxyTo({ url }: Mount, path: string): Mount {
  return serve((request) => {
    const { pathname, search } = new URL(request.url);
    if (!pathname.startsWith(`${path}/`)) return new Response(null, { status: 404 });
    const headers = new Headers(request.headers);
    headers.set("x-forwarded-for", "127.0.0.1");
    const { method, body } = request;
    const target = url + pathname.slice(path.length) + search;
    return fetch(target, { method, headers, body, redirect: "manual" });
  }, path);
}

/** A handler to mount, such as an API. */
type Handler = Pick<Api, "fetch">;

/** Ways to mount a handler: its option `path`, and a function that starts the server. */
export const mounts: Readonly<
  Record<string, [path: string, mount: (handler: Handler) => Mount | Promise<Mount>]>
> = {
  "Deno.serve": ["/", (handler) => serve(handler.fetch, "")],
  "Deno.serve under a path": ["/ops", (handler) => serve(handler.fetch, "/ops")],
  "Hono's mount": ["/", (handler) => {
    const app = new Hono();
    app.mount("/ops", handler.fetch);
    return serve((request, info) => app.fetch(request, info), "/ops");
  }],
  "a route of Hono": ["/a/ops", (handler) => {
    const app = new Hono().basePath("/a");
    app.all("/ops/*", (context) => handler.fetch(context.req.raw, context.env));
    return serve((request, info) => app.fetch(request, info), "/a/ops");
  }],
  "@hono/node-server": ["/", (handler) => {
    const server = createAdaptorServer({ fetch: handler.fetch, overrideGlobalObjects: false });
    return listen(server as ReturnType<typeof createServer>, "");
  }],
  "node:http": ["/ops", (handler) => listen(createServer(nodeListener(handler.fetch)), "/ops")],
  "Express": ["/ops", (handler) => {
    const app = express();
    app.use("/ops", nodeListener(handler.fetch));
    return listen(createServer(app), "/ops");
  }],
  "Fastify": ["/ops", async (handler) => {
    const app = fastify();
    app.removeAllContentTypeParsers(); // the handler reads the body
    app.addContentTypeParser("*", (_request, _body, done) => done(null));
    const listener = nodeListener(handler.fetch);
    app.all("/ops/*", async (request, reply) => {
      reply.hijack();
      await listener(request.raw, reply.raw);
    });
    await app.listen({ port: 0, host: "127.0.0.1" });
    return {
      url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/ops`,
      async [Symbol.asyncDispose]() {
        app.server.closeAllConnections();
        await app.close();
      },
    };
  }],
  "a proxy that removes a path": ["/", (handler) => {
    const server = serve(handler.fetch, "");
    const proxy = proxyTo(server, "/ops");
    return {
      url: proxy.url,
      async [Symbol.asyncDispose]() {
        await proxy[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  }],
};
