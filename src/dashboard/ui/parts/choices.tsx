// Links of which one is chosen, such as the spans of time of a page.

/** A link. */
export interface Choice {
  readonly text: string;
  readonly href: string;
  readonly isChosen: boolean;
}

/** Shows the links side by side. */
export function Choices(
  { title, choices }: { readonly title: string; readonly choices: readonly Choice[] },
) {
  return (
    <nav class="choices" aria-label={title}>
      {choices.map(({ text, href, isChosen }) => (
        <a key={text} href={href} aria-current={isChosen ? "true" : undefined}>{text}</a>
      ))}
    </nav>
  );
}
