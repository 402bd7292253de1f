// Short names for ids, so that a history is readable.

/** Names ids in the order of their first appearance: `t1`, `t2` … */
export class Names {
  readonly #prefix: string;
  readonly #names = new Map<string, string>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  of(id: string): string {
    let name = this.#names.get(id);
    if (name === undefined) {
      name = `${this.#prefix}${this.#names.size + 1}`;
      this.#names.set(id, name);
    }
    return name;
  }
}
