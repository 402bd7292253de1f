// The hub behind real proxies, configured as the guide says.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { HttpTransportType } from "@microsoft/signalr";
import { hasProxy, proxyNames, startProxy } from "../support/proxies.ts";
import { hubPath, plain, statusOf, webSocket } from "../support/raw_requests.ts";
import { serveHub } from "../support/serve_hub.ts";
import { connectStockClient } from "../support/stock_client.ts";
import { until } from "../../support/until.ts";

const accessToken = "a-token-that-nobody-guesses";
const path = `/admin${hubPath}`;

for (const name of proxyNames) {
  Deno.test({
    name: `the hub is served by ${name} as the guide configures it (needs ${name} on the PATH)`,
    ignore: !await hasProxy(name),
    async fn(t) {
      await using served = serveHub({ accessToken });
      await using proxy = await startProxy(name, served.port);
      const host = `127.0.0.1:${proxy.port}`;

      for (const transport of ["WebSockets", "ServerSentEvents", "LongPolling"] as const) {
        await t.step(`events arrive without delay over ${transport}`, async () => {
          await using client = connectStockClient(
            `http://${host}${path}`,
            HttpTransportType[transport],
            { token: accessToken },
          );
          const { connection, received } = client;
          await connection.start();
          await until(() => served.hub.clientCount === 1, "the client is connected");
          for (let count = 1; count <= 3; count++) {
            served.events.emit("completed");
            await until(() => received.length === count, "the event came");
          }
          await connection.stop();
          await until(() => served.hub.clientCount === 0, "the hub has noticed");
        });
      }

      await t.step(
        "pages of the proxy's origin may connect, and pages of other origins may not",
        async () => {
          const target = `${path}?access_token=${accessToken}`;
          const ask = (origin: string) =>
            statusOf(proxy.port, webSocket(target, { host, lines: [`Origin: ${origin}`] }));
          assertEquals(await ask(`http://${host}`), 101);
          assertEquals(await ask("http://evil.example"), 403);
          assertEquals(await ask("http://127.0.0.1"), 403); // another port
          assertEquals(await statusOf(proxy.port, webSocket(path, { host })), 401);
        },
      );

      await t.step("no log contains the token, even after failed requests", async () => {
        const target = `${path}?id=a-secret-id&access_token=${accessToken}`;
        const ask = () => statusOf(proxy.port, plain(target, { host }));
        assertEquals(await ask(), 404);
        await served[Symbol.asyncDispose]();
        const status = await ask();
        assert(status === 502 || status === 503, `the answer was ${status}`);
        const log = await proxy.end();
        assertStringIncludes(log, path);
        for (const secret of [accessToken, "access_token", "a-secret-id"]) {
          assert(!log.includes(secret), log);
        }
      });
    },
  });
}
