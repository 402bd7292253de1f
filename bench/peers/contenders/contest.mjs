// What every contender does alike: 256 callers, counting, timing. Plain JavaScript of the web's standards, since contenders
// run in different runtimes.
//
// A contender is called as `NAME.mjs MEASUREMENT TASKS ADDRESS...`: it measures once on every address, each an empty
// database, and writes the last figures as a line of JSON. The first address is for warming up.

/** How many callers dispatch at the same time, each awaiting the commit of its own task before the next. */
const callers = 256;

/**
 * Loads a library that is installed beside the program when it runs. This project does not depend on it: an import that a
 * type check follows would lead nowhere.
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

  /** `tasks` more tasks have been handled. */
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

/** Throughput of some work, in tasks a second. */
export async function timed(tasks, work) {
  const startedAt = performance.now();
  await work();
  return { tasksPerSecond: tasks / ((performance.now() - startedAt) / 1000) };
}

/**
 * Milliseconds from dispatch to handler, one task at a time.
 *
 * @param dispatch Stores a task; its handler is to call the function that `onHandler` was given.
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
