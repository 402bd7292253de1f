// Forwards connections to a server with a delay: proxy.ts URL MILLISECONDS, the round trip's.
//
// Writes the URL through it, and ends when its input ends.

import { TcpProxy } from "../../tests/support/tcp_proxy.ts";
import { askedToEnd, tell } from "../support/child_process.ts";

const [url = "", roundTripMs = ""] = Deno.args;
const proxy = await TcpProxy.start(url);
proxy.delay(Number(roundTripMs) / 2);
tell(proxy.urlOf(url));
await askedToEnd();
await proxy[Symbol.asyncDispose]();
