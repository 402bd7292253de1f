// Requests that no client library sends, to Node's own servers: each is answered, and none ends the
// process.

import { assert, assertEquals } from "@std/assert";
import type { NpmProject } from "../../support/npm_project.ts";
import { type RunningProgram, startProgram } from "../support/node_program.ts";
import {
  badHosts,
  badMethods,
  badTargets,
  hijacks,
  hubPath,
  plain,
  statusOf,
  webSocket,
} from "../support/raw_requests.ts";

/** The paths of odd_server.mjs whose handlers fail, and the status of each response. */
const failures: Readonly<Record<string, number>> = {
  "/throws": 500,
  "/throws-nothing": 500,
  "/nothing": 500,
  "/network-error": 500,
  "/used": 500,
  "/locked": 500,
  "/breaks-off": 200,
  "/throws-late": 200,
};

/**
 * Starts the server, and calls `ask`. Checks that the server still serves afterwards, and that it
 * ends with exit code 0.
 */
async function withServer(
  project: NpmProject,
  ask: (port: number) => Promise<void>,
): Promise<void> {
  await using server: RunningProgram = startProgram(project, "odd_server.mjs");
  const { port } = await server.next<{ port: number }>();
  await ask(port);
  assertEquals(await statusOf(port, plain(hubPath)), 400); // lacks an id
  assertEquals(await statusOf(port, webSocket(hubPath)), 101);
}

/** Sends `request`, which may be incomplete, and closes the connection after `afterMs`. */
async function leave(port: number, request: string, afterMs: number): Promise<void> {
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  await socket.write(new TextEncoder().encode(request)).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  socket.close();
}

/** Checks the adapter with requests of a hostile client. */
export async function checkOddRequestsInNode(
  t: Deno.TestContext,
  project: NpmProject,
): Promise<void> {
  await t.step("pages of other origins get no WebSocket from Node, by any request", async () => {
    await withServer(project, async (port) => {
      for (const [how, request] of Object.entries(hijacks)) {
        const status = await statusOf(port, request);
        assert(status !== null && status >= 400 && status < 500, `${how}: ${status}`);
      }
    });
  });

  await t.step(
    "input that is not a request is answered 400 in Node, with and without upgrade",
    async () => {
      await withServer(project, async (port) => {
        const impossible = [plain, webSocket].flatMap((write) => [
          ...badHosts.map((host) => write(hubPath, { host })),
          ...badTargets.map((target) => write(target)),
          ...badMethods.map((method) => write(hubPath, { method })),
          write(hubPath, { lines: ["Host: 127.0.0.1:8080"] }),
        ]);
        for (const request of [...impossible, webSocket(hubPath, { method: "POST", body: "x" })]) {
          assertEquals(await statusOf(port, request), 400, request);
        }
        assertEquals(await statusOf(port, plain("//")), 404);
        assertEquals(await statusOf(port, webSocket("//x:99999/")), 404);
        assertEquals(await statusOf(port, plain(hubPath, { host: null, version: "1.0" })), 400);
        await statusOf(port, plain("127.0.0.1:80", { method: "CONNECT" }));
      });
    },
  );

  await t.step(
    "handlers that fail in Node are answered 500 or cut off, with and without upgrade",
    async () => {
      await withServer(project, async (port) => {
        for (const [path, status] of Object.entries(failures)) {
          assertEquals(await statusOf(port, plain(path)), status, path);
          assertEquals(
            await statusOf(port, plain(path, { method: "POST", body: "x" })),
            status,
            path,
          );
          assertEquals(await statusOf(port, webSocket(path)), status, `${path} by upgrade`);
        }
      });
    },
  );

  await t.step("clients that leave at any moment do no harm in Node", async () => {
    await withServer(project, async (port) => {
      const paths = [...Object.keys(failures), "/echoes", "/endless", "/silent", hubPath];
      const requests = paths.flatMap((path) => [
        plain(path),
        plain(path, { method: "POST", body: "hello" }).slice(0, -2),
        webSocket(path),
        webSocket(path).slice(0, -4),
      ]);
      for (const afterMs of [0, 5, 50]) {
        await Promise.all(requests.map((request) => leave(port, request, afterMs)));
      }
    });
  });

  await t.step(
    "the connection of a refused WebSocket is closed by Node, even if the client keeps it open",
    async () => {
      await withServer(project, async (port) => {
        using socket = await Deno.connect({ hostname: "127.0.0.1", port });
        await socket.write(new TextEncoder().encode(webSocket("/elsewhere")));
        const answer = await new Response(socket.readable).text();
        assert(answer.startsWith("HTTP/1.1 404 "), answer);
      });
    },
  );

  await t.step("HTTP/2 URLs are made of :scheme, :authority and :path in Node", async () => {
    const url = "http://hub.example";
    const cases: [headers: Record<string, string>, body: string, status: number, url?: string][] = [
      [{ ":path": "/a?b" }, "", 200, `${url}/a?b`],
      [{ ":path": "//evil.example/a" }, "", 200, `${url}//evil.example/a`],
      [{ ":path": "/", host: "hub.example" }, "", 200, `${url}/`],
      [{ ":path": "/", host: "evil.example" }, "", 400],
      [{ ":path": "/", ":method": "TRACE" }, "", 400],
      [{ ":path": "*", ":method": "OPTIONS" }, "", 400],
      [{ ":path": "/throws" }, "", 500],
      [{ ":path": "/connection" }, "", 200],
      [{ ":path": "/", ":method": "POST" }, "hello", 200, `${url}/`],
    ];
    const sent = cases.map(([headers, body]) => [headers, body]);
    await using program = startProgram(project, "http2_server.mjs", JSON.stringify(sent));
    for (const [headers, body, status, url] of cases) {
      const answer = await program.next<{ status: number; text: string }>();
      assertEquals(answer.status, status, JSON.stringify(headers));
      if (url === undefined) continue;
      const method = headers[":method"] ?? "GET";
      assertEquals(JSON.parse(answer.text), { url, method, body });
    }
    assertEquals((await program.next<{ status: number }>()).status, 200);
  });
}
