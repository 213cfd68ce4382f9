// An inbox with nothing in it.
export function Empty({ loaded }: { loaded: boolean }) {
  if (!loaded) return <p class="empty">Reading your inbox …</p>;
  return (
    <div class="empty">
      <strong>Nothing waits for you</strong>
      <p>New tasks appear here by themselves.</p>
    </div>
  );
}
