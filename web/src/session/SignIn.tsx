// The door: a key or a token, typed or from a link.
import { useEffect, useRef, useState } from "preact/hooks";
import { Mark } from "../ui/Mark";
import { signIn } from "./key";

export function SignIn({ problem, again = false }: { problem: string | null; again?: boolean }) {
  const [text, setText] = useState("");
  const field = useRef<HTMLInputElement>(null);
  // The browser's autofocus is for a page that loads, not for a door that closes later.
  useEffect(() => field.current?.focus(), []);
  const submit = (event: Event) => {
    event.preventDefault();
    if (text.trim()) signIn(text.trim());
  };
  return (
    <main class="signin">
      <form class="card" onSubmit={submit} aria-labelledby="signin-title">
        <Mark />
        <h1 id="signin-title">{again ? "Sign in again" : "Sign in to Signoff"}</h1>
        {problem && (
          <p class="notice bad" role="alert">
            {problem}
          </p>
        )}
        <label class="field">
          <span class="label">Your key or token</span>
          <input
            name="key"
            type="password"
            autocomplete="current-password"
            ref={field}
            spellcheck={false}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <span class="hint">It stays in this tab, and goes when you close it.</span>
        </label>
        <button class="button primary wide" type="submit">
          Sign in
        </button>
        <p class="hint">
          Who runs Signoff gives you one. On your own machine, <code>signoff dev</code> prints a link for each
          role.
        </p>
      </form>
    </main>
  );
}
