// Sign-in links that can be used once.

import { randomId } from "../../ids/random_id.ts";
import type { Clock } from "../../time/clock.ts";

/** The time for which a link is valid, in milliseconds. */
const validForMs = 600_000;

/** The maximum number of unused links; the oldest is removed first. */
const mostLinks = 100;

/** The unused links, with the people that they sign in. */
export class SignInLinks {
  readonly #clock: Clock;
  readonly #byCode = new Map<string, { readonly user: string; readonly expiresAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Creates a link, and returns its code. */
  add(user: string): string {
    const code = randomId() + randomId();
    const [oldest] = this.#byCode.keys();
    if (this.#byCode.size >= mostLinks) this.#byCode.delete(oldest!);
    this.#byCode.set(code, { user, expiresAt: this.#clock.monotonic() + validForMs });
    return code;
  }

  /** Uses up a code, and returns the person's name; null if the code is not valid. */
  use(code: string): string | null {
    const link = this.#byCode.get(code);
    this.#byCode.delete(code);
    return link !== undefined && this.#clock.monotonic() < link.expiresAt ? link.user : null;
  }
}
