// The code that all contenders share: 256 callers, counting and timing. It uses only web standards,
// because contenders run in different runtimes.
//
// A contender is called as `NAME.mjs MEASUREMENT TASKS ADDRESS...`. It measures once on each
// address, which is an empty database, and writes the last figures as a line of JSON. The first
// address is a warm-up.

/**
 * The number of concurrent callers. Each waits for the commit of its task before it dispatches the
 * next one.
 */
const callers = 256;

/**
 * Imports a library that is installed with the program at run time. A static import would fail the
 * type check, because this project does not depend on the library.
 */
export function installed(library) {
  return import(library);
}

/** The payload of a task. */
export function payload(index) {
  return { index, text: "Some forty characters of text for a task." };
}

/** Counts until a number of tasks have been handled. */
export class Counter {
  #left;
  #resolve;

  constructor(expected) {
    this.#left = expected;
    this.all = new Promise((resolve) => this.#resolve = resolve);
  }

  /** Counts `tasks` more tasks as handled. */
  count(tasks = 1) {
    this.#left -= tasks;
    if (this.#left <= 0) this.#resolve();
  }
}

/** Dispatches tasks from many callers. */
export async function dispatchAll(tasks, dispatch) {
  let next = 0;
  const call = async () => {
    for (let index; (index = next++) < tasks;) await dispatch(payload(index));
  };
  await Promise.all(Array.from({ length: callers }, call));
}

/** Measures the throughput of some work, in tasks a second. */
export async function timed(tasks, work) {
  const startedAt = performance.now();
  await work();
  return { tasksPerSecond: tasks / ((performance.now() - startedAt) / 1000) };
}

/**
 * Measures the milliseconds from dispatch to handler, one task at a time.
 *
 * @param dispatch Stores a task, whose handler must call the function that was passed to
 * `onHandler`.
 */
export async function latency(tasks, dispatch, onHandler) {
  const waits = [];
  for (let index = 0; index < tasks; index++) {
    const handled = new Promise((resolve) => onHandler(() => resolve(performance.now())));
    const calledAt = performance.now();
    await dispatch(payload(index));
    waits.push(await handled - calledAt);
  }
  waits.sort((a, b) => a - b);
  const rank = (share) => waits[Math.max(0, Math.ceil(share * waits.length) - 1)];
  return { p50: rank(0.5), p99: rank(0.99) };
}

/** Runs the measurement that the command line names, on every address. */
export async function contest(measurements, [name, tasks, ...addresses]) {
  let figures;
  for (const address of addresses) figures = await measurements[name](address, Number(tasks));
  console.log(JSON.stringify(figures));
}
