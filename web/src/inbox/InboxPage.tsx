// The inbox beside the task that is open; on a phone, one at a time.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Decision } from "../answer/draft";
import { useKeys } from "../keyboard/keys";
import { useSession } from "../session/context";
import { RecentTasks } from "../task/RecentTasks";
import { TaskPane } from "../task/TaskPane";
import { taskHref } from "../ui/place";
import { go, place } from "../ui/router";
import { makeStore, useStore } from "../ui/store";
import { Batch } from "./Batch";
import { Empty } from "./Empty";
import { InboxList } from "./InboxList";
import { EMPTY } from "./inbox";
import { rowsOf } from "./rows";

const NO_INBOX = makeStore(EMPTY);
const LOADED = makeStore(true);

export function InboxPage() {
  const { me, live } = useSession();
  const inbox = useStore(live?.inbox ?? NO_INBOX);
  const loaded = useStore(live?.loaded ?? LOADED);
  const { task: open } = useStore(place);
  const rows = useMemo(() => rowsOf(inbox), [inbox]);
  const [current, setCurrent] = useState<string | null>(open);
  const [moved, setMoved] = useState(0);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<{ id: string; decision: Decision } | null>(null);

  const waiting = useMemo(() => [...inbox.entries.values()].filter((entry) => !entry.gone).length, [inbox]);
  useEffect(() => {
    document.title = live && waiting ? `(${waiting}) Signoff` : "Signoff";
  }, [live, waiting]);
  useEffect(() => {
    // What has left the inbox is not decided on any more.
    if ([...chosen].some((id) => inbox.entries.get(id)?.gone !== null))
      setChosen(new Set([...chosen].filter((id) => inbox.entries.get(id)?.gone === null)));
  }, [inbox]);

  // Where the reader was, for when the task there is gone: the next one has moved into its place.
  const was = useRef(-1);
  const found = current ? rows.order.indexOf(current) : -1;
  if (found >= 0) was.current = found;

  const move = (by: number) => {
    const to = found >= 0 ? found + by : was.current + (by < 0 ? by : current === null ? 1 : 0);
    const next = rows.order[Math.max(0, Math.min(rows.order.length - 1, to))];
    if (!next) return;
    setCurrent(next);
    setMoved((n) => n + 1);
    if (open) go(taskHref(next));
  };
  const decide = (decision: Decision) => {
    const id = open ?? current ?? rows.order[0];
    if (!id) return;
    setAsked({ id, decision });
    go(taskHref(id));
  };
  const choose = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    // The focus follows j and k a moment later; Enter need not wait for it.
    Enter: () => !open && current && go(taskHref(current)),
    a: () => decide("APPROVE"),
    r: () => decide("REJECT"),
    x: () => {
      const id = current ?? rows.order[0];
      if (id && inbox.entries.get(id)?.gone === null) choose(id);
    },
    Escape: () => {
      if (!open) return;
      go("#/");
      setMoved((n) => n + 1);
    },
  });

  return (
    <main id="main" class={open ? "inbox reading" : "inbox"} tabIndex={-1}>
      <h1 class="unseen">{live ? "Inbox" : "Tasks"}</h1>
      {live ? (
        <div class="side">
          {chosen.size > 0 && <Batch ids={[...chosen]} inbox={inbox} onDone={() => setChosen(new Set())} />}
          {rows.order.length > 0 ? (
            <InboxList
              rows={rows}
              me={me}
              open={open}
              current={current}
              moved={moved}
              chosen={chosen}
              onChoose={choose}
              onCurrent={setCurrent}
            />
          ) : (
            <Empty loaded={loaded} />
          )}
        </div>
      ) : (
        <div class="side">
          <RecentTasks open={open} />
        </div>
      )}
      {open ? (
        <TaskPane
          key={open}
          id={open}
          asked={asked?.id === open ? asked.decision : null}
          onNext={() => move(1)}
        />
      ) : (
        <p class="nothing-open">
          {waiting > 0 ? "Choose a task, or press j and Enter. ? shows all keys." : "No task is open."}
        </p>
      )}
    </main>
  );
}
