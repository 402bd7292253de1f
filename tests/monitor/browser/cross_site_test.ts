// Pages of other sites in a real browser try to connect to a hub that has no token, in Node's http
// server: from their own origin, and after DNS rebinding of their name to the hub's machine.

import { assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { browserTest } from "../../support/browser.ts";
import { serveInNodeServer } from "../support/node_server.ts";

/** Tries to open a WebSocket; returns whether the hub accepted the page. */
function canConnect(page: Page, url: string): Promise<boolean> {
  return page.evaluate((url) =>
    new Promise<boolean>((resolve) => {
      const socket = new WebSocket(url);
      socket.onopen = () => {
        resolve(true);
        socket.close();
      };
      socket.onerror = () => resolve(false);
    }), url);
}

function negotiate(page: Page, url: string): Promise<number> {
  return page.evaluate(async (url) => (await fetch(url, { method: "POST" })).status, url);
}

const everyNameIsHere = ["--host-resolver-rules=MAP *.example 127.0.0.1"];

browserTest("pages of other sites in Chromium", everyNameIsHere, async (t, browser) => {
  await using victim = await serveInNodeServer();
  const { hub, port } = victim;
  const evil = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => new Response());
  const evilHost = `evil.example:${evil.addr.port}`;
  const page = await browser.newPage();

  await t.step("the hub's own page connects", async () => {
    await page.goto(`http://127.0.0.1:${port}/`);
    assertEquals(await canConnect(page, `ws://127.0.0.1:${port}${hub.path}`), true);
    assertEquals(await negotiate(page, `${hub.path}/negotiate`), 200);
  });

  for (const form of ["", `//${evilHost}`, `/\\${evilHost}`, `//u:p@${evilHost}`]) {
    await t.step(`a page of another origin does not connect by ${form}${hub.path}`, async () => {
      await page.goto(`http://${evilHost}/`);
      assertEquals(await canConnect(page, `ws://127.0.0.1:${port}${form}${hub.path}`), false);
    });
  }

  await t.step("a page whose name was rebound to the hub's machine does not connect", async () => {
    const rebound = `rebound.example:${port}`;
    await page.goto(`http://${rebound}/`);
    assertEquals(await canConnect(page, `ws://${rebound}${hub.path}`), false);
    assertEquals(await negotiate(page, `${hub.path}/negotiate`), 403);
  });

  await page.close();
  await evil.shutdown();
});
