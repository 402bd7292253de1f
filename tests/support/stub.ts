// Replaces a method during a test.

/** Replaces a method; `using` restores the original. */
export function stub<T extends object, K extends keyof T>(
  owner: T,
  name: K,
  // deno-lint-ignore no-explicit-any -- it stands for a method of any signature
  replacement: (...args: any[]) => unknown,
): Disposable {
  const original = owner[name];
  owner[name] = replacement as T[K];
  return {
    [Symbol.dispose]: () => {
      owner[name] = original;
    },
  };
}
