// Puts another function in the place of a method, for as long as a test needs it.

/** Replaces a method; `using` puts the old one back. */
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
