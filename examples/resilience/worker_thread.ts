// Runs CPU-bound work in a worker thread. In a handler, it would block the event loop, and with it
// the heartbeat, the timers and all other tasks of the process.

import { Worker } from "node:worker_threads";
import { createEverTask, defineTask } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";

const program = `
  const { parentPort, workerData } = require("node:worker_threads");
  let primes = 0;
  for (let n = 2; n < workerData; n++) {
    let isPrime = true;
    for (let d = 2; d * d <= n && isPrime; d++) isPrime = n % d !== 0;
    if (isPrime) primes++;
  }
  parentPort.postMessage(primes);
`;

/** Counts primes in a thread, which is terminated when the signal aborts. */
async function countPrimes(below: number, signal: AbortSignal): Promise<number> {
  const thread = new Worker(program, { eval: true, workerData: below });
  const stop = () => void thread.terminate();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await new Promise<number>((resolve, reject) => {
      thread.once("message", resolve);
      thread.once("error", reject);
      thread.once("exit", () => reject(signal.reason ?? new Error("The thread has ended.")));
    });
  } finally {
    signal.removeEventListener("abort", stop);
    await thread.terminate();
  }
}

const count = defineTask<number>({
  type: "count-primes",
  async handle(below, { signal }) {
    console.log(`${await countPrimes(below, signal)} primes below ${below}`);
    counted.resolve();
  },
});

let ticks = 0;
const timer = setInterval(() => ticks++, 10);
const counted = Promise.withResolvers<void>();
const everTask = createEverTask({ storage: memoryStorage(), tasks: [count] });
everTask.events.subscribe(({ message }) => console.error(message), { kinds: ["workerStarved"] });
await everTask.start();
await everTask.dispatch(count, 2_000_000);
await counted.promise;
await everTask.stop();
clearInterval(timer);
console.log(`the event loop went round meanwhile: a timer of 10 ms fired ${ticks} times`);
