// Who reviews, in which groups, and who is away.
import { useQuery } from "@urql/preact";
import { now as clock } from "../api/clock";
import { counted } from "../ui/names";
import { useStore } from "../ui/store";
import { moment } from "../ui/time";
import { People } from "./documents";

export function Directory() {
  const [{ data, error }] = useQuery({ query: People });
  const now = useStore(clock);
  return (
    <section class="card" aria-labelledby="directory-title">
      <h2 id="directory-title">Reviewers and groups</h2>
      {error && (
        <p class="notice bad">{error.graphQLErrors[0]?.message ?? "The directory could not be read."}</p>
      )}
      <div class="counts">
        <table>
          <thead>
            <tr>
              <th scope="col">Group</th>
              <th scope="col">Members</th>
            </tr>
          </thead>
          <tbody>
            {data?.groups.map((group) => (
              <tr key={group.name}>
                <th scope="row">{group.name}</th>
                <td>
                  {group.members.join(", ") || "nobody yet"}
                  {!group.complete && <span class="hint"> and whoever else has a key for it</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <table>
          <thead>
            <tr>
              <th scope="col">Reviewer</th>
              <th scope="col">Groups</th>
            </tr>
          </thead>
          <tbody>
            {data?.reviewers.map((reviewer) => (
              <tr key={reviewer.id}>
                <th scope="row">{reviewer.id}</th>
                <td>{reviewer.groups.join(", ") || "none"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {data && data.absences.length > 0 && (
        <>
          <h3>{counted(data.absences.length, "absence")}</h3>
          <ul>
            {data.absences.map((absence) => (
              <li key={absence.id}>
                {absence.reviewer} is away from {moment(absence.from, now)} until {moment(absence.until, now)}
                ; {absence.delegate} stands in
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
