// The scripts of bash and zsh: zsh runs the function of bash.

import { type CommandWords, commonWords, firstWords, secondWords } from "./words.ts";

/** Returns the script for bash. */
export function bashScript(commands: readonly CommandWords[]): string {
  const firsts = firstWords(commands);
  const withValue = commonWords.filter(({ hasValue }) => hasValue).map(({ name }) => name);
  const groups = firsts.map((first) => [first, secondWords(commands, first)] as const)
    .filter(([, seconds]) => seconds.length > 0);
  const values = commands.flatMap(({ first, second, options }) =>
    options.filter(({ values }) => values.length > 0).map(({ name, values }) =>
      `    "${first} ${second} ${name}") words="${values.join(" ")}" ;;`
    )
  );
  return `# Completion of evertask for bash: eval "$(evertask completion bash)"
_evertask() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local first="" second="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      ${withValue.join("|")}) i=$((i + 1)) ;;
      -*) ;;
      *) if [[ -z $first ]]; then first="\${COMP_WORDS[i]}"
         elif [[ -z $second ]]; then second="\${COMP_WORDS[i]}"; fi ;;
    esac
  done
  case "$previous" in
    ${fileOptions(commands).join("|")}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  case "$first" in
    ${groups.map(([first]) => first).join("|")}) ;;
    *) second="" ;;
  esac
  # The values of an option.
  case "$first $second $previous" in
${values.join("\n")}
  esac
  if [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  if [[ $current == -* ]]; then
    case "$first $second" in
${
    commands.map(({ first, second, options }) =>
      `      "${first} ${second}") words="${options.map(({ name }) => name).join(" ")}" ;;`
    ).join("\n")
  }
      *) words="--help --version" ;;
    esac
  elif [[ -z $first ]]; then
    words="${firsts.join(" ")}"
  elif [[ -z $second ]]; then
    case "$first" in
${groups.map(([first, seconds]) => `      ${first}) words="${seconds.join(" ")}" ;;`).join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _evertask evertask
`;
}

/** Returns the script for zsh. */
export function zshScript(commands: readonly CommandWords[]): string {
  const [heading, ...lines] = bashScript(commands).split("\n");
  return [
    heading!.replace("for bash", "for zsh").replace("completion bash", "completion zsh"),
    "autoload -U +X compinit && compinit",
    "autoload -U +X bashcompinit && bashcompinit",
    ...lines,
  ].join("\n");
}

/** Returns the options whose value is a file. */
function fileOptions(commands: readonly CommandWords[]): string[] {
  const options = commands.flatMap(({ options }) => options.filter(({ isFile }) => isFile));
  return [...new Set(options.map(({ name }) => name))];
}
