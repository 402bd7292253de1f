// Tests the hub with .NET's own client, Microsoft.AspNetCore.SignalR.Client, on each transport.

import { assertEquals } from "@std/assert";
import { serveHub } from "../monitor/support/serve_hub.ts";
import { until } from "../support/until.ts";
import { readLines } from "../support/lines.ts";
import { reservePort } from "../support/reserved_port.ts";
import { buildProject } from "./dotnet.ts";

const folder = await Deno.makeTempDir({ prefix: "evertask-dotnet-" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const { program, missing } = await buildProject("hub_client", folder);

const transports = ["WebSockets", "ServerSentEvents", "LongPolling"];
const accessToken = "a-token-that-nobody-guesses";

/** What the client wrote. */
interface Line {
  readonly kind: "connected" | "reconnecting" | "reconnected" | "refused" | "event";
  readonly value: unknown;
}

/** A client in a process of its own; disposing of it stops it. */
function startClient(url: string, transport: string, token?: string) {
  const process = new Deno.Command(program!, {
    args: [url, transport, ...token === undefined ? [] : [token]],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = readLines(process.stdout);
  /** Closes its input, and checks how it ends. */
  const end = async (code: number) => {
    await process.stdin.close();
    for await (const _ of lines); // to the end
    assertEquals((await process.status).code, code);
  };
  return {
    end,
    async next(): Promise<Line> {
      const { value, done } = await lines.next();
      if (done) throw new Error("The client has ended.");
      return JSON.parse(value);
    },
    [Symbol.asyncDispose]: () => end(0),
  };
}

const needs = missing === null ? "" : ` (needs ${missing})`;

function dotnetTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `${name}${needs}`, ignore: missing !== null, fn });
}

for (const transport of transports) {
  dotnetTest(`a .NET client receives events over ${transport}`, async () => {
    await using served = serveHub({ accessToken });
    await using client = startClient(served.url, transport, accessToken);
    assertEquals((await client.next()).kind, "connected");
    await until(() => served.hub.clientCount === 1, "the client is connected");
    const sent = served.events.emit("failed", {
      taskParameters: '{"name":"Zoë\\n\\u001e"}',
      exception: "Error: no",
    });
    assertEquals(await client.next(), {
      kind: "event",
      value: {
        TaskId: sent.taskId,
        EventDateUtc: sent.eventDateUtc.replace("Z", "+00:00"),
        Severity: "Error",
        TaskType: sent.taskType,
        TaskHandlerType: sent.taskHandlerType,
        TaskParameters: sent.taskParameters,
        Message: sent.message,
        Exception: sent.exception,
      },
    });
  });

  dotnetTest(`a .NET client without the token is refused over ${transport}`, async () => {
    await using served = serveHub({ accessToken });
    const client = startClient(served.url, transport, "a-token-that-somebody-guessed");
    assertEquals(await client.next(), { kind: "refused", value: 401 });
    await client.end(1);
  });

  dotnetTest(`a .NET client over ${transport} reconnects after the server restarted`, async () => {
    using port = reservePort();
    await using client = await (async () => {
      await using served = serveHub({}, port.port);
      const client = startClient(served.url, transport);
      assertEquals((await client.next()).kind, "connected");
      return client;
    })();
    assertEquals((await client.next()).kind, "reconnecting");
    await using served = serveHub({}, port.port);
    assertEquals((await client.next()).kind, "reconnected");
    await until(() => served.hub.clientCount === 1, "the client is connected");
    served.events.emit("completed");
    assertEquals((await client.next()).kind, "event");
  });
}
