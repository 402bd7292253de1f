// Finds an installed Chromium, and how tests launch it.

/**
 * Where Debian, Ubuntu, Fedora and macOS put Chromium and Chrome; CHROMIUM names another place. The
 * first draws no windows, and so needs half of the processor time of the others.
 */
const places = [
  Deno.env.get("CHROMIUM") ?? "",
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The path of the browser; null if none is installed. */
export async function findBrowser(): Promise<string | null> {
  for (const place of places) {
    if (place !== "" && await Deno.stat(place).then(({ isFile }) => isFile, () => false)) {
      return place;
    }
  }
  return null;
}

/** How a browser is launched. */
export function launchOptions(executablePath: string, args: readonly string[] = []) {
  return { executablePath, args: ["--no-sandbox", "--disable-gpu", ...args] };
}
