// Reserves loopback ports, for servers that restart or that do not exist. While a port is reserved,
// no other test in any process gets it, and the system uses it for no connection.

/** A port that is reserved until it is disposed of or this process ends. */
export interface ReservedPort extends Disposable {
  readonly port: number;
}

const hostname = "127.0.0.1";
/** Ports that no system assigns by itself: `count` ports to reserve, then a lock port for each. */
const [lowest, count] = [15_000, 7_500];

/**
 * Reserves a port without listening on it. Instead, this process listens on the lock port. The
 * system allows only one listener on it, and frees it however the process ends.
 */
export function reservePort(): ReservedPort {
  while (true) {
    const port = lowest + Math.floor(Math.random() * count);
    const sign = listen(port + count);
    if (sign === null) continue;
    const trial = listen(port);
    if (trial !== null) {
      trial.close();
      sign.unref(); // does not keep the process alive
      return { port, [Symbol.dispose]: () => sign.close() };
    }
    sign.close();
  }
}

/** Returns null if another listener has the port. */
function listen(port: number): Deno.TcpListener | null {
  try {
    return Deno.listen({ hostname, port });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse || error instanceof Deno.errors.PermissionDenied) {
      return null;
    }
    throw error;
  }
}
