// Counts failed attempts to authenticate by client address, to limit guessing. Uses no package: the
// rate limiters on npm need a store, or keep a timer for each address.

import { parseHost } from "../../monitor/http/host.ts";
import type { Clock } from "../../time/clock.ts";

/** The number of failures after which an address is rejected. */
const mostFailures = 10;

/** The time after the first failure during which failures are counted, in milliseconds. */
const windowMs = 60_000;

/** The maximum number of addresses; the oldest is removed first. */
const mostAddresses = 10_000;

/**
 * Returns the network of an IPv6 address (the first 64 bits), because a client may use any address
 * of its network. Returns other addresses unchanged.
 */
function networkOf(address: string): string {
  const host = address.includes(":") ? parseHost(`[${address}]`)?.hostname : undefined;
  if (host === undefined || host.startsWith("[::ffff:")) return address;
  const [groups, rest] = host.slice(1, -1).split("::").map((part) =>
    part === "" ? [] : part.split(":")
  );
  const zeros = rest === undefined ? 0 : 8 - groups!.length - rest.length;
  return [...groups!, ...Array<string>(zeros).fill("0"), ...rest ?? []].slice(0, 4).join(":");
}

/** The failed attempts by address. */
export class FailedAttempts {
  readonly #clock: Clock;
  readonly #byAddress = new Map<string, { count: number; readonly endsAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns the number of seconds until an address may try again; 0 if it may try now. */
  secondsToWait(address: string): number {
    const failures = this.#current(networkOf(address));
    if (failures === undefined || failures.count < mostFailures) return 0;
    return Math.ceil((failures.endsAt - this.#clock.monotonic()) / 1000);
  }

  /** Counts a failed attempt. */
  add(address: string): void {
    const network = networkOf(address);
    const failures = this.#current(network);
    if (failures !== undefined) {
      failures.count++;
      return;
    }
    const [oldest] = this.#byAddress.keys();
    if (this.#byAddress.size >= mostAddresses) this.#byAddress.delete(oldest!);
    this.#byAddress.set(network, { count: 1, endsAt: this.#clock.monotonic() + windowMs });
  }

  /** Takes back a counted attempt that has succeeded. */
  forgive(address: string): void {
    const failures = this.#current(networkOf(address));
    if (failures !== undefined) failures.count--;
  }

  #current(network: string) {
    const failures = this.#byAddress.get(network);
    if (failures === undefined || this.#clock.monotonic() < failures.endsAt) return failures;
    this.#byAddress.delete(network);
    return undefined;
  }
}
