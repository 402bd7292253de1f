// A chart of numbers in one line.

const bars = "▁▂▃▄▅▆▇█";

/** Draws a bar for each number; a space for 0. The highest bar is that of the largest number. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(...values);
  return values.map((value) => value <= 0 ? " " : bars[Math.ceil(value / most * bars.length) - 1])
    .join("");
}
