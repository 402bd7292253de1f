// The async context in which an instance was created, as used by AsyncLocalStorage and by tracing.
// Handlers, hooks and subscribers run in it, not in the context of the request that happened to
// free a slot or to wake a loop.
//
// A reaction to a promise runs in the context in which `then` was called, wherever the promise is
// resolved. The instance uses this: at its creation it registers a reaction, and each reaction
// registers the next one before it calls anything. The call then runs in the original context,
// regardless of the context that resolves the promise. This works in every runtime, without an API
// of the runtime. Measured in Deno 2.9: 0.1 µs per call; AsyncLocalStorage.snapshot takes 0.3 µs.

import type { Clock } from "./clock.ts";

/** Runs functions in the context in which it was created. */
export class HomeContext {
  #calls: (() => void)[] = [];
  /** The functions to run next, in reverse order. */
  #next: (() => void)[] = [];
  #isAwake = false;
  #wake!: () => void;

  constructor() {
    this.#await();
  }

  /** Calls a function in this context, in a separate microtask. The function must not throw. */
  run(call: () => void): void {
    this.#calls.push(call);
    if (this.#isAwake) return;
    this.#isAwake = true;
    this.#wake();
  }

  /** Calls a function in this context, and resolves to its result. */
  call<T>(call: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) =>
      this.run(() => {
        try {
          resolve(call());
        } catch (error) {
          reject(error);
        }
      })
    );
  }

  /** Returns a clock whose timers call back in this context. */
  clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      setTimer: (callback, delayMs, options) => {
        let isSet = true;
        const callBack = (): void => void (isSet && callback());
        const cancel = clock.setTimer(() => this.run(callBack), delayMs, options);
        return () => {
          isSet = false;
          cancel();
        };
      },
    };
  }

  #await(): void {
    void new Promise<void>(this.#keepWake).then(this.#callNext);
  }

  // These functions are created once, because a pair for each call would burden the garbage
  // collector.
  readonly #keepWake = (resolve: () => void): void => void (this.#wake = resolve);

  readonly #callNext = (): void => {
    const call = this.#take();
    this.#await();
    if (this.#next.length > 0 || this.#calls.length > 0) this.#wake();
    else this.#isAwake = false;
    call();
  };

  #take(): () => void {
    if (this.#next.length === 0) [this.#next, this.#calls] = [this.#calls.reverse(), this.#next];
    return this.#next.pop()!;
  }
}
