// Where one can go, who one is, and the way out.
import { allowed, askToNotify } from "../inbox/notify";
import { showKeys } from "../keyboard/Help";
import { may, useSession } from "../session/context";
import { signOut } from "../session/key";
import { Mark } from "./Mark";
import { worded } from "./names";
import { place } from "./router";
import { useStore } from "./store";

export function TopBar() {
  const { me } = useSession();
  const { page } = useStore(place);
  const permission = useStore(allowed);
  const pages = [
    { name: "inbox", title: may.review(me) ? "Inbox" : "Tasks", href: "#/", open: true },
    { name: "analysis", title: "Ratings", href: "#/analysis", open: may.analyse(me) },
    { name: "operations", title: "Operations", href: "#/operations", open: may.operate(me) },
  ].filter(({ open }) => open);
  return (
    <header class="topbar">
      <a class="brand" href="#/" aria-label="Signoff, to the first page">
        <Mark />
        <span>Signoff</span>
      </a>
      <nav aria-label="Pages">
        {pages.map(({ name, title, href }) => (
          <a key={name} href={href} aria-current={page === name ? "page" : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <div class="whoami">
        {may.review(me) && permission === "default" && (
          <button class="button small" type="button" onClick={askToNotify}>
            Notify me
          </button>
        )}
        <button class="button small" type="button" onClick={showKeys} aria-label="Show the keys">
          ?
        </button>
        <span class="who">
          <strong>{me.id}</strong>
          <span class="hint">
            {me.groups.length ? me.groups.join(", ") : me.roles.map(worded).join(", ")} · {me.workspace}
          </span>
        </span>
        <button class="button quiet" type="button" onClick={signOut}>
          Sign out
        </button>
      </div>
    </header>
  );
}
