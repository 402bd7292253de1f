// The place of a problem in a payload, as a programmer would write it.

/** Returns a JSON pointer such as `/lines/1/sku` as an expression such as `lines[1].sku`. */
export function pointerText(pointer: string): string {
  return pointer.split("/").slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((step, index) => {
      if (/^\d+$/.test(step)) return `[${step}]`;
      if (!/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join("");
}
