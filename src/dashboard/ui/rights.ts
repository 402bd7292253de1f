// The rights of the user. The page offers only what the user may do. The server checks the rights
// of each request.

import { signal } from "@preact/signals";
import type { Me } from "./answers.ts";

/** The user; null until the server has answered. */
export const me = signal<Me | null>(null);

/** Reports whether the user has a right. */
export function may(right: Me["can"][number]): boolean {
  return me.value?.can.includes(right) ?? false;
}

/** Reports whether the user sees payloads as they are stored, and may therefore edit them. */
export function mayEditPayloads(): boolean {
  return may("operate") && may("payloads") && me.value?.redacted === false;
}

/** Reports whether the user sees the whole store, and not only the tasks of a tenant. */
export function seesWholeStore(): boolean {
  return me.value?.filter === null;
}

/** Reports whether the user may change what concerns all tasks, such as queues and workers. */
export function mayChangeStore(): boolean {
  return may("admin") && seesWholeStore();
}

/** The pages whose routes a user with a filter may use. Other pages summarize the whole store. */
const pagesOfTenants = ["", "tasks", "series"];

/** Reports whether the user may see a page. */
export function maySeePage(name: string): boolean {
  return me.value === null || seesWholeStore() || pagesOfTenants.includes(name);
}
