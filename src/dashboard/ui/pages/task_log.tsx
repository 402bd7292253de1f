// The log of a task's handler. New lines appear after each attempt.

import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Logs } from "../answers.ts";
import { routeUrl } from "../client.ts";
import { Card } from "../parts/card.tsx";
import { Instant } from "../parts/instant.tsx";
import { Problem } from "../parts/loaded.tsx";
import { Text } from "../parts/text.tsx";
import { type Freshness, useResource } from "../resource.ts";
import { texts } from "../texts.ts";

type Line = Logs["items"][number];

/** The size of a page of lines, and the maximum number of lines shown before the last page. */
const pageSize = 500;

/**
 * The interval of loads, in milliseconds. The event of an attempt's end is not enough: lines are
 * stored shortly after it.
 */
const everyMs = 3_000;

/** A card with the last lines of a task's log. */
export function TaskLog({ route, id }: {
  readonly route: string;
  readonly id: string;
}) {
  const { lines, isCut, error } = useLog(route, {
    changesWith: ({ taskId }) => taskId === id,
    everyMs,
  });
  const download = <a href={routeUrl(`${route}/logs?format=text`)} download>{texts.download}</a>;
  return (
    <Card title={texts.log} aside={download}>
      {error !== null && <Problem error={error} />}
      {isCut && <p class="pad faint">{texts.olderLines}</p>}
      {lines?.length === 0 && <p class="pad faint">{texts.noLog}</p>}
      {lines !== null && lines.length > 0 && <Lines lines={lines} />}
    </Card>
  );
}

/** The lines of the pages before the last one, and the cursor with which the last page begins. */
interface ReadLines {
  readonly after: string | null;
  readonly earlier: readonly Line[];
  readonly isCut: boolean;
}

/** Reads one page after the other, and then the last page again and again. */
function useLog(route: string, freshness: Freshness) {
  const read = useSignal<ReadLines>({ after: null, earlier: [], isCut: false });
  const { after, earlier, isCut } = read.value;
  const query = new URLSearchParams({ limit: `${pageSize}`, ...after !== null && { after } });
  const { data, error } = useResource<Logs>(`${route}/logs?${query}`, freshness);
  useEffect(() => {
    if (data === null || data.next === null) return;
    const lines = [...earlier, ...data.items];
    const kept = lines.slice(-pageSize);
    read.value = {
      after: data.next,
      earlier: kept,
      isCut: isCut || kept.length < lines.length,
    };
  }, [data]);
  const isLoaded = data !== null || after !== null;
  return { lines: isLoaded ? [...earlier, ...data?.items ?? []] : null, isCut, error };
}

/** Shows lines. Keeps the last line in view until the user scrolls away from it. */
function Lines({ lines }: { readonly lines: readonly Line[] }) {
  const list = useRef<HTMLOListElement>(null);
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    if (isAtEnd.current) list.current!.scrollTop = list.current!.scrollHeight;
  }, [lines.length]);
  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = list.current!;
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < 30;
  };
  return (
    <ol class="log" ref={list} onScroll={onScroll} tabIndex={0} aria-label={texts.log}>
      {lines.map(({ run, sequence, loggedAt, level, message, exception }) => (
        <li key={`${run} ${sequence}`}>
          <Instant at={loggedAt} as="time" />
          <span class={`level ${level}`}>{level}</span>
          <span>
            <Text>{exception === null ? message : `${message}\n${exception}`}</Text>
          </span>
        </li>
      ))}
    </ol>
  );
}
