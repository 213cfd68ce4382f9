// Keys are not served by the API: who can reach the database makes them, nobody else.
export function Keys() {
  return (
    <section class="card" aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <p class="hint">Keys are made, listed and taken back where Signoff runs, not through the API:</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre tabIndex={0}>
        <code>
          {`signoff keys list
signoff keys create --workspace W --role REVIEWER --name NAME --reviewer ID --group GROUP
signoff keys revoke KEY_ID`}
        </code>
      </pre>
    </section>
  );
}
