// The key that the reader signed in with. It is kept for this tab alone, and goes when the tab does.
import { makeStore } from "../ui/store";

const NAME = "signoff.key";

export const key = makeStore<string | null>(taken() ?? sessionStorage.getItem(NAME));

/** A key in the URL's fragment (#key=...), which no server sees; it is taken out of the address at once. */
function taken(): string | null {
  const given = keyInFragment(location.hash);
  if (given) {
    sessionStorage.setItem(NAME, given);
    history.replaceState(null, "", "#/");
  }
  return given;
}

export function keyInFragment(hash: string): string | null {
  return hash.startsWith("#key=") ? new URLSearchParams(hash.slice(1)).get("key") : null;
}

// A link that signs in, followed in a tab that is open already, changes the fragment only.
addEventListener("hashchange", () => {
  const given = taken();
  if (given) key.set(given);
});

export function signIn(given: string): void {
  sessionStorage.setItem(NAME, given);
  key.set(given);
}

export function signOut(): void {
  sessionStorage.clear(); // what was typed, too
  key.set(null);
}
