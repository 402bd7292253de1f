// The page to sign in with a token.

import { useSignal } from "@preact/signals";
import { send } from "../client.ts";
import { Problem } from "../parts/loaded.tsx";
import { texts } from "../texts.ts";

/** The page for users who are not signed in. */
export function SignInPage() {
  const error = useSignal<unknown>(null);
  const onSubmit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    try {
      await send("POST", "session", { token: String(new FormData(form).get("token")) });
      location.reload();
    } catch (thrown) {
      error.value = thrown;
    }
  };
  return (
    <main class="sign-in card">
      <h1>{texts.signIn}</h1>
      <p class="faint">{texts.signInHelp}</p>
      {error.value !== null && <Problem error={error.value} />}
      <form onSubmit={onSubmit}>
        <label>
          {texts.token}
          <input name="token" type="password" autocomplete="current-password" required />
        </label>
        <button type="submit" class="primary">{texts.signIn}</button>
      </form>
    </main>
  );
}
