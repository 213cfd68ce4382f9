// What happens in the workspace, as it happens.
import { useEffect, useState } from "preact/hooks";
import { now as clock } from "../api/clock";
import { follow } from "../api/live";
import { useSession } from "../session/context";
import { worded } from "../ui/names";
import { taskHref } from "../ui/place";
import { useStore } from "../ui/store";
import { ago } from "../ui/time";
import { type Event, Events } from "./documents";

const MOST_SHOWN = 60;

export function Feed() {
  const { client } = useSession();
  const now = useStore(clock);
  const [events, setEvents] = useState<readonly Event[]>([]);
  useEffect(() => {
    let after: string | null = null;
    return follow(client, {
      subscription: Events,
      variables: () => ({ after }),
      onData({ taskEvents: event }) {
        after = event.cursor;
        setEvents((before) => [event, ...before].slice(0, MOST_SHOWN));
      },
    });
  }, [client]);
  return (
    <section class="card" aria-labelledby="feed-title">
      <h2 id="feed-title">Live</h2>
      {!events.length && <p class="hint">What happens from now on appears here.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <ol class="feed" tabIndex={0} aria-label="Events, newest first">
        {events.map((event) => (
          <li key={event.cursor}>
            <span class={`badge ${event.type.toLowerCase()}`}>{worded(event.type)}</span>
            <a href={taskHref(event.task.id)}>{event.task.prompt}</a>
            <span class="hint">
              {event.actor} · {event.task.workflow.name} · {ago(event.at, now)}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
