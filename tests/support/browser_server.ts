// The browser that the files of a test run share: takes the path of Chromium, prints the address at
// which Playwright connects to it, and closes it when the input ends.

import { chromium } from "playwright-core";
import { launchOptions } from "./browser_launch.ts";

const server = await chromium.launchServer(launchOptions(Deno.args[0]!));
console.log(server.wsEndpoint());
for await (const _ of Deno.stdin.readable);
await server.close();
