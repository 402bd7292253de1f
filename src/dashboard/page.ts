// The HTML of every page. The script determines the page from the URL.

import { assetPath } from "./assets.ts";

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * Returns the page for a path below the mount. Its links are relative, because a proxy may have
 * removed the beginning of the path.
 */
export function pageResponse(path: string): Response {
  const up = "../".repeat(path.split("/").length - 1) || "./";
  const html = `<!doctype html>
<html lang="en" data-up="${up}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>EverTask</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${up}${assetPath("css")}">
<script type="module" src="${up}${assetPath("js")}"></script>
</head>
<body><div id="app"></div><noscript>The dashboard needs JavaScript.</noscript></body>
</html>
`;
  return new Response(html, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy,
      "cache-control": "no-cache",
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
    },
  });
}
