// An inbox with nothing in it, and how to hear of what comes.
import { useStore } from "../ui/store";
import { allowed, askToNotify } from "./notify";

export function Empty({ loaded }: { loaded: boolean }) {
  const permission = useStore(allowed);
  if (!loaded) return <p class="empty">Reading your inbox …</p>;
  return (
    <div class="empty">
      <strong>Nothing waits for you</strong>
      <p>New tasks appear here by themselves.</p>
      {permission === "default" && (
        <button class="button" type="button" onClick={askToNotify}>
          Notify me on this desktop
        </button>
      )}
    </div>
  );
}
