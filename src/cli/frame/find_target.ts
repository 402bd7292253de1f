// Finds the store that a command works on.

import type { Host } from "./host.ts";
import type { Target } from "./target.ts";
import { UsageError } from "./usage_error.ts";

/** The options that name the target. */
export interface TargetOptions {
  readonly storage?: string | undefined;
  readonly schema?: string | undefined;
  readonly config?: string | undefined;
  readonly api?: string | undefined;
  readonly tokenFile?: string | undefined;
}

/**
 * Finds the target in the options, the environment or the configuration file.
 *
 * @throws {UsageError} If no target is named, or the options name two targets.
 */
export async function findTarget(options: TargetOptions, host: Host): Promise<Target> {
  const { storage, schema, config, api, tokenFile } = options;
  if (api !== undefined) {
    if (storage !== undefined) {
      throw new UsageError("Give either --storage or --api: a command works on one store.");
    }
    return { kind: "api", url: checkUrl(api), token: await readToken(tokenFile, host) };
  }
  const url = storage ?? (config === undefined ? host.env("EVERTASK_STORAGE") : undefined);
  // The file is read even when the storage is named, because it also has the tasks.
  const configured = url === undefined || config !== undefined
    ? await host.configured(config)
    : null;
  if (configured?.kind === "api") return configured;
  if (url === undefined && configured === null) throw new UsageError(noTarget);
  return {
    kind: "storage",
    storage: url ?? configured!.storage,
    schema: schema ?? configured?.schema,
    tasks: configured?.tasks ?? [],
  };
}

const noTarget =
  "No store is named. Give --storage URL (sqlite:app.db, postgres://…, mssql://…) or --api URL, " +
  "set EVERTASK_STORAGE, or run this where an evertask.config.ts is.";

function checkUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError("--api must be the URL of a REST API, such as https://ops.example.org.");
  }
  if (url.username !== "" || url.password !== "") {
    const remedy = "put the token into EVERTASK_TOKEN, or into a file for --token-file";
    throw new UsageError(`--api has a user or a password, which others could see: ${remedy}.`);
  }
  return url.href.replace(/\/$/, "");
}

async function readToken(path: string | undefined, host: Host): Promise<string | undefined> {
  if (path === undefined) return host.env("EVERTASK_TOKEN")?.trim();
  const token = (await host.readTextFile(path)).trim();
  if (token !== "") return token;
  throw new UsageError(`--token-file ${path} is empty: write the token into it.`);
}
