// The part of @std/async that the tests use, implemented with web-standard timers. It replaces
// that package if JSR is unreachable (see deno.ts), with the same names, signatures and errors.

/** Options of {@linkcode delay}. */
export interface DelayOptions {
  /** Ends the wait early and rejects the promise with the signal's reason. */
  signal?: AbortSignal;
  /** Whether the pending timer keeps the process alive. @default true */
  persistent?: boolean;
}

/** Resolves after `ms` milliseconds. */
export function delay(ms: number, options: DelayOptions = {}): Promise<void> {
  const { signal, persistent = true } = options;
  if (signal?.aborted) return Promise.reject(signal.reason);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => {
    clearTimeout(timer);
    reject(signal?.reason);
  };
  const timer = setTimeout(() => {
    signal?.removeEventListener("abort", abort);
    resolve();
  }, ms);
  signal?.addEventListener("abort", abort, { once: true });
  if (!persistent) Deno.unrefTimer(timer);
  return promise;
}

/** Settles as `promise` does, or rejects with the signal's reason if `signal` aborts first. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([aborted.promise, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Options of {@linkcode deadline}. */
export interface DeadlineOptions {
  /** Ends the wait early. */
  signal?: AbortSignal;
}

/** Settles as `promise` does, or rejects with a `TimeoutError` after `ms` milliseconds. */
export async function deadline<T>(
  promise: Promise<T>,
  ms: number,
  options: DeadlineOptions = {},
): Promise<T> {
  const timeout = new AbortController();
  const timer = setTimeout(
    () => timeout.abort(new DOMException("Signal timed out.", "TimeoutError")),
    ms,
  );
  const signal = options.signal
    ? AbortSignal.any([timeout.signal, options.signal])
    : timeout.signal;
  try {
    return await abortable(promise, signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Maps with at most `limit` concurrent calls, and yields the results in the order of the input. */
export async function* pooledMap<T, R>(
  limit: number,
  inputs: Iterable<T> | AsyncIterable<T>,
  map: (input: T) => Promise<R>,
): AsyncGenerator<R> {
  const pending: Promise<R>[] = [];
  const running = new Set<Promise<unknown>>();
  const start = (input: T) => {
    const result = map(input);
    pending.push(result);
    const settled: Promise<unknown> = result.then(() => {}, () => {}).then(() =>
      running.delete(settled)
    );
    running.add(settled);
  };
  for await (const input of inputs) {
    start(input);
    if (running.size >= limit) await Promise.race(running);
  }
  for (const result of pending) yield await result;
}
