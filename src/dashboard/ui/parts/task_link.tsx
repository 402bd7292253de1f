// Links to a task, and to the tasks of a queue or a type.

import { pageUrl } from "../router.ts";
import { Name } from "./text.tsx";

/** Links to a task by its key or its id. */
export function TaskLink({ id, name = id }: { readonly id: string; readonly name?: string }) {
  return (
    <a class="mono row-link" href={pageUrl(`tasks/${id}`)}>
      <Name>{name}</Name>
    </a>
  );
}

/** Links to a series. */
export function SeriesLink({ id, name }: { readonly id: string; readonly name: string }) {
  return (
    <a class="mono" href={pageUrl(`series/${id}`)}>
      <Name>{name}</Name>
    </a>
  );
}

/** Links to the tasks of a queue. */
export function QueueLink({ queue }: { readonly queue: string }) {
  return (
    <a href={pageUrl("tasks", { queue })}>
      <Name>{queue}</Name>
    </a>
  );
}

/** Links to the tasks of a type. */
export function TypeLink({ type }: { readonly type: string }) {
  return (
    <a href={pageUrl("tasks", { type })}>
      <Name>{type}</Name>
    </a>
  );
}
