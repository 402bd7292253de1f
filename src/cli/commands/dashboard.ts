// `evertask dashboard`.

import { type Command, textOption } from "../frame/command.ts";
import { UsageError } from "../frame/usage_error.ts";

const defaultPort = "8025";

export const dashboard: Command = {
  name: "dashboard",
  summary: "Serve the dashboard on this machine",
  about:
    `The dashboard runs until Ctrl-C. It is for the person who started it: the link that is printed
signs in once. With npm, also install hono and @hono/zod-openapi.`,
  options: { port: { value: "PORT", help: "The port; 0 for a free one (default: 8025)" } },
  examples: ["dashboard --storage sqlite:app.db", "dashboard --port 0"],
  endsItself: true,
  async run({ values, print, host, dashboard }) {
    const text = textOption(values, "port") ?? defaultPort;
    const port = /^\d{1,5}$/.test(text) ? Number(text) : 65_536;
    if (port > 65_535) throw new UsageError("--port must be a number from 0 to 65535.");
    const { url, signInLink } = await dashboard(port);
    if (print.isJson) await print.json({ url, signInLink });
    else await print.text(`The dashboard is at ${signInLink ?? url}`);
    await print.note("Ctrl-C ends it.");
    await new Promise<void>((resolve) => {
      host.interrupted.addEventListener("abort", () => resolve(), { once: true });
      if (host.interrupted.aborted) resolve();
    });
    return 0;
  },
};
