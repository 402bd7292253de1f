// A registry that does what JSR does for `deno publish` and for programs that import a package, for
// as long as a test needs it. Deno uses it if the environment variable JSR_URL has its URL.
//
// Source of JSR's answers: https://jsr.io/docs/api for packages and module files, and Deno's
// cli/tools/publish for publishing.

import { runCommand } from "./run_command.ts";

const root = new URL("../../", import.meta.url);

/** A running registry. */
export interface LocalJsr extends AsyncDisposable {
  /** The value for JSR_URL. */
  readonly url: string;
}

/** Starts a registry on a free port, and publishes this package to it. */
export async function startLocalJsr(): Promise<LocalJsr> {
  const registry = await startEmptyJsr();
  try {
    // Without a type check: each import checks the types.
    const args = ["publish", "--allow-dirty", "--no-provenance", "--no-check", "--token", "any"];
    await runCommand(Deno.execPath(), args, { cwd: root, env: { JSR_URL: registry.url } });
    return registry;
  } catch (error) {
    await registry[Symbol.asyncDispose]();
    throw error;
  }
}

async function startEmptyJsr(): Promise<LocalJsr> {
  const folder = await Deno.makeTempDir({ prefix: "evertask-jsr-" });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => answer(folder, request),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function answer(folder: string, request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const version = pathname.match(/^\/api\/scopes\/([^/]+)\/packages\/([^/]+)\/versions\/([^/]+)$/);
  if (version && request.method === "POST") {
    const [, scope, name, number] = version;
    await publish(`${folder}/@${scope}/${name}`, number!, searchParams.get("config")!, request);
    return Response.json(publishingTask);
  }
  if (pathname.startsWith("/api/publish_status/")) return Response.json(publishingTask);
  // Every scope and package exists; a version exists once it is published.
  if (pathname.startsWith("/api/") && !version) return Response.json({});
  return await serveFile(`${folder}${pathname}`);
}

/** A completed publishing task, because this registry publishes within the request. */
const publishingTask = { id: "1", status: "success", error: null };

/**
 * Stores a version: its files, the manifest that Deno verifies them with, and the list of versions.
 */
async function publish(folder: string, version: string, configPath: string, request: Request) {
  const files = `${folder}/${version}`;
  await Deno.mkdir(files, { recursive: true });
  const tarball = `${folder}/${version}.tar.gz`;
  await Deno.writeFile(tarball, request.body!);
  await runCommand("tar", ["-xzf", tarball, "-C", files]);

  const manifest: Record<string, { size: number; checksum: string }> = {};
  for await (const path of listFiles(files)) {
    await Deno.chmod(`${files}${path}`, 0o644); // the tarball has no permissions
    const bytes = await Deno.readFile(`${files}${path}`);
    manifest[path] = { size: bytes.length, checksum: `sha256-${await sha256(bytes)}` };
  }
  const { exports } = JSON.parse(await Deno.readTextFile(`${files}${configPath}`));
  await writeJson(`${folder}/${version}_meta.json`, {
    manifest,
    exports: typeof exports === "string" ? { ".": exports } : exports,
  });
  await writeJson(`${folder}/meta.json`, { latest: version, versions: { [version]: {} } });
}

const contentTypes: Record<string, string> = {
  json: "application/json",
  ts: "text/typescript",
};

async function serveFile(path: string): Promise<Response> {
  try {
    const type = contentTypes[path.split(".").at(-1)!] ?? "application/octet-stream";
    return new Response(await Deno.readFile(path), { headers: { "content-type": type } });
  } catch {
    return new Response("not found", { status: 404 });
  }
}

async function* listFiles(root: string, folder = "/"): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(`${root}${folder}`)) {
    if (isDirectory) yield* listFiles(root, `${folder}${name}/`);
    else yield `${folder}${name}`;
  }
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

function writeJson(path: string, value: unknown): Promise<void> {
  return Deno.writeTextFile(path, JSON.stringify(value));
}
