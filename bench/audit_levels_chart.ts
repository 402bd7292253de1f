// The bar chart of audit levels, for a README: plain SVG, legible on light and on dark pages.

import { auditLevels } from "@evertask/evertask";
import type { LevelFigures } from "./level_figures.ts";
import { rate } from "./support/figures.ts";

const layout = {
  width: 820,
  labelWidth: 150,
  barsWidth: 230,
  panelGap: 110,
  top: 62,
  barHeight: 15,
  barGap: 4,
  groupGap: 20,
  bottom: 14,
};

/** The two measurements, side by side. */
const panels = [
  { title: "lifecycle: dispatch, run, end", value: (row: LevelFigures) => row.lifecycle },
  { title: "drain: a stored backlog", value: (row: LevelFigures) => row.drain },
] as const;

/** The colours of the levels, in order. They repeat after the last. */
const colors = ["#2563eb", "#0d9488", "#d97706", "#9333ea"];

/** Text has the page's colour. The colours of bars have enough contrast on light and dark pages. */
const style = `
    text { font: 12px system-ui, sans-serif; fill: #1f2328; }
    .title { font-weight: 600; font-size: 14px; }
    .store { font-weight: 600; }
    .muted { fill: #59636e; }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc; }
      .muted { fill: #9198a1; }
    }`;

/**
 * Draws the chart. Each store has a separate scale, because the stores differ too much for a common
 * one.
 */
export function auditLevelChart(figures: readonly LevelFigures[]): string {
  const { width, top, barHeight, barGap, groupGap, bottom } = layout;
  const stores = [...new Set(figures.map(({ store }) => store))];
  const parts: string[] = [];
  panels.forEach(({ title }, index) => {
    parts.push(text(panelLeft(index), top - 16, title, "muted"));
  });
  let y = top;
  for (const store of stores) {
    const rows = figures.filter((row) => row.store === store);
    rows.forEach((row, index) => {
      if (index === 0) parts.push(text(10, y + 12, store, "store"));
      parts.push(text(80, y + 12, row.auditLevel, "muted"));
      parts.push(...panels.map(({ value }, panel) => bar(row, value(row), most(rows), panel, y)));
      y += barHeight + barGap;
    });
    y += groupGap;
  }
  const height = y - groupGap + bottom;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">`,
    `  <title id="title">Tasks a second at each audit level</title>`,
    `  <style>${style}\n  </style>`,
    `  ${
      text(
        10,
        22,
        "Tasks a second by audit level (more is better; each store has its own scale)",
        "title",
      )
    }`,
    ...parts.map((part) => `  ${part}`),
    "</svg>",
    "",
  ].join("\n");
}

function most(rows: readonly LevelFigures[]): number {
  return Math.max(...rows.flatMap((row) => panels.map(({ value }) => value(row))));
}

function panelLeft(panel: number): number {
  return layout.labelWidth + panel * (layout.barsWidth + layout.panelGap);
}

function bar(row: LevelFigures, value: number, most: number, panel: number, y: number): string {
  const left = panelLeft(panel);
  const length = Math.max(1, Math.round(layout.barsWidth * value / most));
  return `<rect x="${left}" y="${y}" width="${length}" height="${layout.barHeight}" rx="2" fill="${
    colors[auditLevels.indexOf(row.auditLevel) % colors.length]
  }"/>${text(left + length + 6, y + 12, rate(value))}`;
}

function text(x: number, y: number, content: string, className?: string): string {
  const attribute = className === undefined ? "" : ` class="${className}"`;
  return `<text x="${x}" y="${y}"${attribute}>${content}</text>`;
}
