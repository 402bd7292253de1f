// Parses the code to find its errors and their messages.

/** The message of an error in the code. */
export interface ErrorMessage {
  /** The name of the class. */
  readonly name: string;
  /** The first sentence, with `…` for variable parts; null if the code has no text for it. */
  readonly message: string | null;
}

/**
 * Errors whose messages consist of an argument, its value and a remedy. src/ERRORS.md describes
 * this form once, for all of them.
 */
const argumentErrors = ["InvalidArgumentError", "InvalidScheduleError", "NoRunLeftError"];

const builtIn = /^(Error|TypeError|RangeError|AggregateError|SyntaxError|DOMException|URIError)$/;

/** The folders of programs. Their errors are left out, because no other program catches them. */
const programs = ["/src/dashboard/ui/", "/src/cli/"];

/** Lists every class of error in src/ and drivers/ with its messages, each once. */
export async function listErrorMessages(root: URL): Promise<ErrorMessage[]> {
  const found = new Map<string, ErrorMessage>();
  for (const folder of ["src/", "drivers/"]) {
    for await (const path of listSources(new URL(folder, root))) {
      if (programs.some((program) => path.pathname.includes(program))) continue;
      for (const each of messagesIn(await Deno.readTextFile(path))) {
        found.set(`${each.name}: ${each.message}`, each);
      }
    }
  }
  return [...found.values()];
}

async function* listSources(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* listSources(new URL(`${name}/`, folder));
    else if (/\.ts$/.test(name) && !name.includes(".generated.")) yield new URL(name, folder);
  }
}

function messagesIn(source: string): ErrorMessage[] {
  const found: ErrorMessage[] = [];
  const classes: string[] = [];
  const add = (name: string, args: readonly Deno.lint.Node[]) => {
    if (builtIn.test(name) || argumentErrors.includes(name)) return;
    const text = args.map(textOf).find((text) => text !== null) ?? "";
    // A message that is passed on from another error has no text in the code.
    found.push({ name, message: /\p{L}{2}/u.test(text) ? firstSentence(text) : null });
  };
  const plugin: Deno.lint.Plugin = {
    name: "errors",
    rules: {
      messages: {
        create: () => ({
          ClassDeclaration(node) {
            const name = node.id?.name ?? "";
            classes.push(name);
            if (/Error$/.test(name)) found.push({ name, message: null });
          },
          "ClassDeclaration:exit"() {
            classes.pop();
          },
          NewExpression(node) {
            const { callee } = node;
            if (callee.type !== "Identifier" || !/Error$/.test(callee.name)) return;
            add(callee.name, node.arguments);
          },
          CallExpression(node) {
            const name = classes.at(-1) ?? "";
            if (node.callee.type === "Super" && /Error$/.test(name)) add(name, node.arguments);
          },
        }),
      },
    },
  };
  Deno.lint.runPlugin(plugin, "source.ts", source);
  return found;
}

/** Returns a text in the code, with `…` for variable parts; null for other nodes. */
function textOf(node: Deno.lint.Node): string | null {
  switch (node.type) {
    case "Literal":
      return typeof node.value === "string" ? node.value : null;
    case "TemplateLiteral":
      return node.quasis.map(({ cooked }) => cooked).join("…");
    case "BinaryExpression": {
      if (node.operator !== "+") return null;
      const [left, right] = [textOf(node.left), textOf(node.right)];
      return left === null && right === null ? null : `${left ?? "…"}${right ?? "…"}`;
    }
    default:
      return null;
  }
}

function firstSentence(text: string): string {
  const [sentence = ""] = text.trim().match(/^.*?[.?!](?=\s\p{Lu}|$)|^.*$/su) ?? [];
  return sentence.replaceAll(/…+/g, "…").replaceAll(/\s+/g, " ");
}
