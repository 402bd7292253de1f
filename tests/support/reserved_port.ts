// Ports of loopback for servers that go away and come back, and for servers that are not there:
// while one is reserved, no other test gets it, in whatever process, and the system gives it to
// nobody's connection.

/** A port that is ours until it is given back, or this process ends. */
export interface ReservedPort extends Disposable {
  readonly port: number;
}

const hostname = "127.0.0.1";
/**
 * Ports that systems do not hand out by themselves: those to give away, and as many again that
 * stand for them.
 */
const [lowest, count] = [15_000, 7_500];

/**
 * Reserves a port that nobody listens on. Who has it listens on another one that stands for it: the
 * system lets only one do that, and ends it with the process, however that ends.
 */
export function reservePort(): ReservedPort {
  while (true) {
    const port = lowest + Math.floor(Math.random() * count);
    const sign = listen(port + count);
    if (sign === null) continue;
    const trial = listen(port);
    if (trial !== null) {
      trial.close();
      sign.unref(); // a program that has nothing else to do may end
      return { port, [Symbol.dispose]: () => sign.close() };
    }
    sign.close();
  }
}

/** Gives null when somebody listens there already. */
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
