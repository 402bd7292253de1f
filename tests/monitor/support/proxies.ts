// Starts real proxies with the configurations in the guide to the hub.

import { delay } from "@std/async";
import { readLines } from "../../support/lines.ts";
import { reservePort } from "../../support/reserved_port.ts";
import { runCommand } from "../../support/run_command.ts";

const guide = new URL("../../../examples/monitoring/hub.md", import.meta.url);

/** The values that a test puts into the guide's configurations. */
interface Places {
  /** A folder that the proxy may write to. */
  readonly folder: string;
  readonly port: number;
  /** The port of the server behind the proxy. */
  readonly target: number;
}

/** A kind of proxy. */
interface ProxyKind {
  /** The language of its code block in the guide. */
  readonly language: string;
  /** The arguments that print its version. */
  readonly version: readonly string[];
  /** Strings of the guide's configuration, each with its replacement. */
  replacements(places: Places): Readonly<Record<string, string>>;
  /** Returns a complete configuration that includes the guide's. */
  complete(config: string, places: Places): string;
  /** The arguments by which it runs in the foreground. */
  run(file: string, places: Places): readonly string[];
}

const kinds = {
  nginx: {
    language: "nginx",
    version: ["-v"],
    replacements: ({ folder, port }) => ({
      "listen 80;": `listen 127.0.0.1:${port};`,
      "/var/log/nginx/": `${folder}/`,
    }),
    complete: (config, { folder }) =>
      [
        "daemon off;",
        `pid ${folder}/pid;`,
        "events {}",
        "http {",
        ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) =>
          `${kind}_temp_path ${folder}/${kind};`
        ),
        config,
        "}",
      ].join("\n"),
    run: (file, { folder }) => ["-p", folder, "-e", `${folder}/start.log`, "-c", file],
  },
  haproxy: {
    language: "haproxy",
    version: ["-v"],
    replacements: ({ port }) => ({ "bind :80": `bind 127.0.0.1:${port}` }),
    complete: (config) => config,
    run: (file) => ["-db", "-f", file],
  },
  caddy: {
    language: "caddyfile",
    version: ["version"],
    replacements: ({ port }) => ({ "tasks.example.com": `http://127.0.0.1:${port}` }),
    complete: (config) => config.replace("{", "{\n\tadmin off\n\tauto_https off"),
    run: (file) => ["run", "--adapter", "caddyfile", "--config", file],
  },
} satisfies Record<string, ProxyKind>;

/** The name of a proxy's program. */
export type ProxyName = keyof typeof kinds;

/** The proxies that the guide shows. */
export const proxyNames = Object.keys(kinds) as ProxyName[];

/** Whether a proxy is installed here. */
export async function hasProxy(name: ProxyName): Promise<boolean> {
  try {
    await runCommand(name, [...kinds[name].version]);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A running proxy. */
export interface RunningProxy extends AsyncDisposable {
  readonly port: number;
  /** Stops the proxy, and resolves to the content of all of its logs. */
  end(): Promise<string>;
}

/**
 * Starts a proxy; resolves when it listens.
 *
 * @param target The port of the server behind it.
 */
export async function startProxy(name: ProxyName, target: number): Promise<RunningProxy> {
  const kind: ProxyKind = kinds[name];
  const folder = await Deno.makeTempDir({ prefix: `evertask-${name}-` });
  const reserved = reservePort();
  const places = { folder, port: reserved.port, target };
  const file = `${folder}/config`;
  await Deno.writeTextFile(file, kind.complete(await guideConfig(name, kind, places), places));
  const child = new Deno.Command(name, {
    args: [...kind.run(file, places)],
    cwd: folder,
    env: { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = Promise.all(
    [child.stdout, child.stderr].map(async (stream) =>
      (await Array.fromAsync(readLines(stream))).join("\n")
    ),
  );
  let hasEnded = false;
  const ended = child.status.then(() => hasEnded = true);
  const end = async (): Promise<string> => {
    if (!hasEnded) child.kill("SIGTERM");
    await ended;
    const files: string[] = [];
    for await (const { name } of Deno.readDir(folder)) {
      if (name.endsWith(".log")) files.push(await Deno.readTextFile(`${folder}/${name}`));
    }
    return [...await output, ...files].join("\n");
  };
  const remove = async (): Promise<void> => {
    if (!hasEnded) await end();
    await Deno.remove(folder, { recursive: true });
    reserved[Symbol.dispose]();
  };
  while (!await isListening(places.port)) {
    if (!hasEnded) continue;
    const log = await end();
    await remove();
    throw new Error(`${name} has ended: ${log}`);
  }
  return { port: places.port, end, [Symbol.asyncDispose]: remove };
}

/** The guide's configuration of a proxy, with the test's ports and paths. */
async function guideConfig(name: string, kind: ProxyKind, places: Places): Promise<string> {
  const text = await Deno.readTextFile(guide);
  const [, block] = text.match(new RegExp(`^\`\`\`${kind.language}\n(.*?)^\`\`\`$`, "ms")) ?? [];
  if (block === undefined) throw new Error(`The guide shows no configuration of ${name}.`);
  let config = block;
  const replacements = {
    ...kind.replacements(places),
    "127.0.0.1:8080": `127.0.0.1:${places.target}`,
  };
  for (const [shown, used] of Object.entries(replacements)) {
    if (!config.includes(shown)) throw new Error(`The guide's ${name} does not say ${shown}.`);
    config = config.replaceAll(shown, used);
  }
  return config;
}

async function isListening(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    await delay(20);
    return false;
  }
}
