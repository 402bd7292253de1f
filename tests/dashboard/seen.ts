// Checks what a person sees of a page: in forced colours, and with reduced motion.

import { assertEquals } from "@std/assert";
import type { Page } from "playwright-core";

/** The parts of a page that tell something by their shape alone, or by their colour. */
const parts = ".mark svg, .strip li, .plot rect:not(.chosen), .bars rect[width]:not([width='0'])";

/** The smallest contrast of a graphical object that can be seen (WCAG 2.2, 1.4.11). */
const leastContrast = 3;

/** Fails if a shape on the visible part of the page has the colour of the page. */
export async function checkForcedColors(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ forcedColors: "active", colorScheme });
    const png = (await page.screenshot()).toString("base64");
    const unseen = await page.evaluate(`(async () => {
      const image = new Image();
      image.src = "data:image/png;base64,${png}";
      await image.decode();
      const canvas = document.createElement("canvas");
      Object.assign(canvas, { width: image.width, height: image.height });
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
        .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0.05);
      const ground = light(context.getImageData(image.width - 2, 1, 1, 1).data);
      const contrast = (pixel) => {
        const own = light(pixel);
        return Math.max(own, ground) / Math.min(own, ground);
      };
      const isSeen = ({ x, y, width, height }) => {
        const { data } = context.getImageData(x, y, Math.ceil(width), Math.ceil(height));
        for (let at = 0; at < data.length; at += 4) {
          if (contrast(data.slice(at, at + 3)) >= ${leastContrast}) return true;
        }
        return false;
      };
      return [...document.querySelectorAll(${JSON.stringify(parts)})]
        .map((element) => [element, element.getBoundingClientRect()])
        .filter(([, { x, y, right, bottom }]) =>
          x >= 0 && y >= 0 && right <= image.width && bottom <= image.height)
        .filter(([, box]) => box.width >= 1 && box.height >= 1 && !isSeen(box))
        .map(([element]) => element.outerHTML.slice(0, 200));
    })()`);
    assertEquals(unseen, [], `shapes without contrast in forced colours, ${colorScheme}`);
  }
  await page.emulateMedia({ forcedColors: "none", colorScheme: "light" });
}

/** Fails if something moves by itself. */
export async function checkReducedMotion(page: Page): Promise<void> {
  await page.emulateMedia({ reducedMotion: "reduce" });
  const moving = await page.evaluate(`
    [...document.querySelectorAll("*")].filter((element) => {
      const style = getComputedStyle(element);
      return style.transitionDuration !== "0s" || style.animationName !== "none" ||
        style.scrollBehavior !== "auto";
    }).map((element) => element.outerHTML.slice(0, 100))
  `);
  assertEquals(moving, []);
}
