// Charts with a bar for each step. The mouse and the arrow keys choose a bar, whose values are
// shown. A click or Enter opens the bar's link.

import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { axisEnd } from "../activity.ts";
import { integer } from "../format.ts";
import { go } from "../router.ts";

/** A bar, whose parts are stacked. */
export interface Bar {
  /** The label on the horizontal axis. */
  readonly label: string;
  readonly parts: readonly number[];
  /** The values as a text. */
  readonly text: string;
  /** The URL that a click opens. */
  readonly href?: string;
}

/** The size of a bar and its gap, in units of the SVG, which is stretched to the chart. */
const [width, gap, height] = [10, 2, 100];

interface Bars {
  readonly title: string;
  /** The CSS class of each part, from the lowest. */
  readonly looks: readonly string[];
  readonly bars: readonly Bar[];
}

/** Shows bars with axes. The values of the chosen bar are beside it. */
export function BarChart({ labels, ...of }: Bars & {
  /** The greatest number of labels on the horizontal axis. */
  readonly labels: number;
}) {
  const { bars } = of;
  const chosen = useSignal<number | null>(null);
  const end = axisEnd(largest(bars));
  const at = chosenOf(bars, chosen);
  const bar = bars[at];
  return (
    <div class="chart">
      <Plot {...of} {...{ chosen, end }} hasGrid>
        {chosen.value !== null && bar !== undefined && (
          <p
            class={`reading ${at > bars.length / 2 ? "before" : ""}`}
            style={{ left: `${(at + 0.5) / bars.length * 100}%` }}
          >
            {bar.text}
          </p>
        )}
      </Plot>
      <div class="axis-y" aria-hidden="true">
        {[1, 0.75, 0.5, 0.25, 0].map((share) => <span key={share}>{integer(end * share)}</span>)}
      </div>
      <div class="axis-x" aria-hidden="true">
        {labelled(bars, labels).map(({ label, at }) => (
          <span key={at} style={{ left: `${(at + 0.5) / bars.length * 100}%` }}>{label}</span>
        ))}
      </div>
    </div>
  );
}

/** Shows low bars without axes. The values of the chosen bar take the place of the caption. */
export function SmallBars({ caption, ...of }: Bars & { readonly caption: string }) {
  const { bars } = of;
  const chosen = useSignal<number | null>(null);
  return (
    <div class="small-bars">
      <Plot {...of} {...{ chosen }} end={axisEnd(largest(bars))} />
      <p class="faint" aria-hidden="true">
        {chosen.value === null ? caption : bars[chosenOf(bars, chosen)]?.text}
      </p>
    </div>
  );
}

/** Returns the index of the chosen bar; of the last one if none is chosen. */
function chosenOf(bars: readonly Bar[], { value }: Signal<number | null>): number {
  return value === null ? bars.length - 1 : Math.min(value, bars.length - 1);
}

function largest(bars: readonly Bar[]): number {
  return Math.max(0, ...bars.map(({ parts }) => parts.reduce(add, 0)));
}

function Plot({ title, looks, bars, chosen, end, hasGrid = false, children }: Bars & {
  readonly chosen: Signal<number | null>;
  /** The value at the upper edge. */
  readonly end: number;
  readonly hasGrid?: boolean;
  readonly children?: ComponentChildren;
}) {
  const at = chosenOf(bars, chosen);
  const bar = bars[at];
  const choose = (index: number) => {
    chosen.value = Math.max(0, Math.min(bars.length - 1, index));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (step !== undefined) choose(at + step);
    else if (event.key === "Home") choose(0);
    else if (event.key === "End") choose(bars.length - 1);
    else if (event.key === "Enter" && bar?.href !== undefined) go(bar.href);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const indexOf = (event: MouseEvent) => {
    const { left, width } = (event.currentTarget as Element).getBoundingClientRect();
    return Math.floor((event.clientX - left) / width * bars.length);
  };
  return (
    <div
      class="plot"
      role="slider"
      tabIndex={0}
      aria-label={title}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, bars.length - 1)}
      aria-valuenow={at}
      aria-valuetext={bar?.text}
      onKeyDown={onKeyDown}
      onFocus={() => choose(at)}
      onBlur={() => chosen.value = null}
      onMouseMove={(event) => choose(indexOf(event))}
      onMouseLeave={() => chosen.value = null}
      onClick={() => bar?.href !== undefined && go(bar.href)}
    >
      <svg
        viewBox={`0 0 ${bars.length * width} ${height}`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        {hasGrid &&
          [0, 0.25, 0.5, 0.75].map((share) => (
            <path class="grid" d={`M0 ${share * height}H${bars.length * width}`} key={share} />
          ))}
        {chosen.value !== null && (
          <rect class="chosen" x={at * width} y="0" width={width} height={height} />
        )}
        {bars.map(({ parts }, index) => <Stack key={index} {...{ parts, looks, index, end }} />)}
      </svg>
      {children}
    </div>
  );
}

function Stack({ parts, looks, index, end }: {
  readonly parts: readonly number[];
  readonly looks: readonly string[];
  readonly index: number;
  readonly end: number;
}) {
  let top = height;
  return (
    <>
      {parts.map((value, part) => {
        // A value that is not zero stays visible.
        const size = value === 0 ? 0 : Math.max(0.6, value / end * height);
        top -= size;
        const place = { x: index * width + gap / 2, y: top, width: width - gap, height: size };
        return size > 0 && <rect key={part} class={looks[part]} {...place} />;
      })}
    </>
  );
}

/** A line without axes, for the trend of a figure. */
export function Spark(
  { values, look }: { readonly values: readonly number[]; readonly look: string },
) {
  const end = Math.max(1, ...values);
  const points = values.map((value, index) => `${index * width} ${height - value / end * height}`);
  return (
    <svg
      class={`spark ${look}`}
      viewBox={`0 -4 ${Math.max(1, values.length - 1) * width} ${height + 8}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <polyline points={points.join(" ")} />
    </svg>
  );
}

/** Returns the labels to show, at equal distances, with the indexes of their bars. */
function labelled(bars: readonly Bar[], labels: number) {
  const distance = Math.max(1, Math.ceil(bars.length / labels));
  return bars.map(({ label }, at) => ({ label, at }))
    .filter(({ at }) => (bars.length - 1 - at) % distance === Math.floor(distance / 2));
}

function add(one: number, other: number): number {
  return one + other;
}
