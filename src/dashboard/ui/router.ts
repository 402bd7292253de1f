// The URL of the page: its path and its parameters. Everything that a user chooses is part of the
// URL, so that links can be saved and shared.

import { computed, type ReadonlySignal, signal } from "@preact/signals";

/** The URL of the start page. The server sends the relative path to it in `data-up`. */
export const base = new URL(document.documentElement.dataset["up"] ?? "./", document.baseURI);

const address = signal(new URL(location.href));

/** The path below the base, without slashes at its ends: `tasks/01a2…`. */
export const path: ReadonlySignal<string> = computed(() =>
  address.value.pathname.slice(base.pathname.length).replace(/\/+$/, "")
);

/** The parts of the path, decoded: `["tasks", "01a2…"]`. */
export const pathParts: ReadonlySignal<readonly string[]> = computed(() =>
  path.value.split("/").map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part; // a malformed escape, as of a link that was cut
    }
  })
);

/** The parameters of the page. */
export const parameters: ReadonlySignal<URLSearchParams> = computed(() =>
  address.value.searchParams
);

/** Parameters to set; null removes one. */
export type ParameterChanges = Readonly<Record<string, string | readonly string[] | null>>;

/** Returns the URL of a page. */
export function pageUrl(page: string, changes: ParameterChanges = {}): string {
  return withChanges(new URL(page, base), changes);
}

/** Returns the URL of this page with other parameters. */
export function changedUrl(changes: ParameterChanges): string {
  return withChanges(new URL(address.value), changes);
}

/** Navigates to a URL of the dashboard. */
export function go(url: string): void {
  history.pushState(null, "", url);
  address.value = new URL(url);
  scrollTo(0, 0);
}

/** Handles links and the back and forward buttons without reloading the page. */
export function followLinks(): void {
  addEventListener("popstate", () => address.value = new URL(location.href));
  addEventListener("click", (event) => {
    const link = (event.target as Element).closest("a");
    const isPlain = event.button === 0 &&
      !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (link === null || !isPlain || event.defaultPrevented || link.target !== "") return;
    if (link.hasAttribute("download") || !link.href.startsWith(base.href)) return;
    if (link.href.startsWith(new URL("api/", base).href)) return;
    event.preventDefault();
    go(link.href);
  });
}

function withChanges(url: URL, changes: ParameterChanges): string {
  for (const [name, value] of Object.entries(changes)) {
    url.searchParams.delete(name);
    for (const each of value === null ? [] : [value].flat()) url.searchParams.append(name, each);
  }
  return url.href;
}
