// Who has a key. Keys are made and taken back where Signoff runs, not through the API.
import { useQuery } from "@urql/preact";
import { now as clock } from "../api/clock";
import { useStore } from "../ui/store";
import { moment } from "../ui/time";
import { Keys as KeysQuery } from "./documents";

const HOW = `signoff keys create --workspace W --role REVIEWER --name NAME --reviewer ID --group GROUP
signoff keys revoke KEY_ID`;

export function Keys() {
  const [{ data, error }] = useQuery({ query: KeysQuery });
  const now = useStore(clock);
  const state = (key: { expiresAt: string | null; revokedAt: string | null }) =>
    key.revokedAt
      ? `taken back ${moment(key.revokedAt, now)}`
      : key.expiresAt
        ? `until ${moment(key.expiresAt, now)}`
        : "for ever";
  return (
    <section class="card" aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      {error && <p class="notice bad">{error.graphQLErrors[0]?.message ?? "The keys could not be read."}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="scroller" tabIndex={0} aria-label="Keys, as a table">
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Roles</th>
              <th scope="col">Reviewer</th>
              <th scope="col">Good</th>
              <th scope="col">Last used</th>
              <th scope="col">Id</th>
            </tr>
          </thead>
          <tbody>
            {data?.apiKeys.map((key) => (
              <tr key={key.id}>
                <th scope="row">{key.name}</th>
                <td>{key.roles.join(", ")}</td>
                <td>{key.reviewer}</td>
                <td>{state(key)}</td>
                <td>{key.lastUsedAt ? moment(key.lastUsedAt, now) : "never"}</td>
                <td>{key.id}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p class="hint">Keys are made and taken back where Signoff runs:</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre tabIndex={0}>
        <code>{HOW}</code>
      </pre>
    </section>
  );
}
