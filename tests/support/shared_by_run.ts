// Shares resources that take seconds to create between the files of a test run. The process that
// runs `deno test` creates each when the first file requests it, and removes it at the end.

import { packForNpm } from "../../.ci/pack_npm.ts";
import { findBrowser } from "./browser_launch.ts";
import { startProgram } from "./lines.ts";
import { startPgCluster, testSettings, testVersion } from "./pg_server_cluster.ts";

const lockFile = new URL("../deno.lock", import.meta.url).pathname;

/** Something made for all files. */
interface Shared {
  /** The address that a file needs to use it. */
  readonly address: string;
  remove(): Promise<void>;
}

const makers = {
  /** The administrator's URL of a PostgreSQL server. */
  async postgres(): Promise<Shared> {
    const cluster = await startPgCluster(testVersion, testSettings);
    return { address: cluster.url, remove: cluster.remove };
  },

  /** The address of a browser, for Playwright's `connect`. */
  async browser(): Promise<Shared> {
    const program = new URL("browser_server.ts", import.meta.url).href;
    const browser = startProgram(program, [await findBrowser() ?? ""], [`--lock=${lockFile}`]);
    const address = await browser.next();
    if (address === null) throw new Error("The browser has not started.");
    return { address, remove: async () => void await browser.end() };
  },

  /** The path of the package as npm users get it. */
  async npmPackage(): Promise<Shared> {
    const folder = await Deno.makeTempDir({ prefix: "evertask-packed-" });
    const remove = () => Deno.remove(folder, { recursive: true });
    try {
      const address = `${folder}/package.tgz`;
      await packForNpm(address);
      return { address, remove };
    } catch (error) {
      await remove();
      throw error;
    }
  },
};

type SharedKind = keyof typeof makers;

/** The environment variable with the URL of the server that {@linkcode offerShared} starts. */
const variable = "EVERTASK_TEST_SHARED";

/** Shared resources, for processes that get `env`. Disposing of them removes them. */
export interface SharedByRun extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
}

/** Starts a server that creates each resource at its first request, and returns its address. */
export function offerShared(): SharedByRun {
  const made = new Map<string, Promise<Shared>>();
  const make = (kind: SharedKind) => {
    const shared = made.get(kind) ?? makers[kind]();
    made.set(kind, shared);
    return shared;
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      try {
        const { address } = await make(new URL(request.url).pathname.slice(1) as SharedKind);
        return new Response(address);
      } catch (error) {
        return new Response(String(error), { status: 500 });
      }
    },
  );
  return {
    env: { [variable]: `http://127.0.0.1:${server.addr.port}` },
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      const all = await Promise.allSettled(made.values());
      for (const each of all) if (each.status === "fulfilled") await each.value.remove();
    },
  };
}

/**
 * Returns the address of a resource that the files of this run share; null if the run shares none,
 * as in a plain `deno test`.
 */
export async function sharedByRun(kind: SharedKind): Promise<string | null> {
  const offer = Deno.env.get(variable);
  if (!offer) return null;
  const response = await fetch(`${offer}/${kind}`);
  const text = await response.text();
  if (!response.ok) throw new Error(`The shared ${kind} could not be made: ${text}`);
  return text;
}
