// The script and the styles of the page. Their names contain a hash of their content, so that
// browsers can cache them permanently.

import { assets } from "./assets.generated.ts";

const types: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};

/** Returns the response for an asset; null if there is none at this path. */
export function assetResponse(path: string): Response | null {
  if (!Object.hasOwn(assets, path)) return null;
  return new Response(Uint8Array.from(atob(assets[path]!), (char) => char.charCodeAt(0)), {
    headers: {
      "content-type": types[path.split(".").at(-1)!]!,
      "content-encoding": "gzip",
      "cache-control": "public, max-age=31536000, immutable",
      "x-content-type-options": "nosniff",
    },
  });
}

/** Returns the path of the asset with an extension. */
export function assetPath(extension: "js" | "css"): string {
  return Object.keys(assets).find((path) => path.endsWith(`.${extension}`))!;
}
