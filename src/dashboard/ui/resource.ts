// Data from the API that a page loads, and reloads while the page is visible.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { read } from "./client.ts";

/** The state of a resource. The data stays while it is reloaded. */
export interface Resource<T> {
  readonly data: T | null;
  readonly error: unknown;
}

/** The pause between two loads, in milliseconds. */
const refreshMs = 3_000;

/** The functions that load the resources of this page. */
const loads = new Set<() => Promise<void>>();

/** Loads all resources of this page again, such as after a change. */
export function reload(): void {
  for (const load of loads) void load();
}

/** Loads a route, and keeps it up to date while the tab is visible. */
export function useResource<T>(route: string): Resource<T> {
  const state = useSignal<Resource<T> & { readonly route: string }>({
    route,
    data: null,
    error: null,
  });
  useEffect(() => {
    const stopped = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async () => {
      clearTimeout(timer);
      try {
        const data = await read<T>(route, stopped.signal);
        state.value = { route, data, error: null };
      } catch (error) {
        if (stopped.signal.aborted) return;
        const isSame = state.value.route === route;
        state.value = { route, data: isSame ? state.value.data : null, error };
      }
      if (!stopped.signal.aborted && !document.hidden) timer = setTimeout(load, refreshMs);
    };
    const onVisible = () => document.hidden ? clearTimeout(timer) : void load();
    document.addEventListener("visibilitychange", onVisible);
    loads.add(load);
    void load();
    return () => {
      loads.delete(load);
      stopped.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [route]);
  return state.value.route === route ? state.value : { data: null, error: null };
}
