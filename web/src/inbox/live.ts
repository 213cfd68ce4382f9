// The inbox as it is now, kept so by its subscription.
import type { Client, OperationResult } from "@urql/core";
import { refused } from "../api/client";
import type { ResultOf } from "../api/graphql";
import { follow, pause } from "../api/live";
import { makeStore, type Store } from "../ui/store";
import { InboxChanges, InboxPageQuery } from "./documents";
import { addRest, apply, EMPTY, forget, type Inbox, type Reviewer } from "./inbox";
import { notify } from "./notify";

export interface LiveInbox {
  inbox: Store<Inbox>;
  /** Whether the first snapshot is there. */
  loaded: Store<boolean>;
  stop(): void;
}

/** How long a task that is gone says why. */
export const GONE_MS = 7_000;

/** `onAnew`: the inbox began anew, with another snapshot: what the reader may see may have changed. */
export function followInbox(client: Client, me: Reviewer, onAnew: () => void): LiveInbox {
  const inbox = makeStore(EMPTY);
  const loaded = makeStore(false);
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  let after: string | null = null;
  let reading = 0;

  const stop = follow(client, {
    subscription: InboxChanges,
    variables: () => ({ after }),
    onData({ assignments: message }) {
      inbox.set(apply(inbox.get(), message, me));
      if (message.__typename === "AssignmentSnapshot" && after !== null) onAnew();
      after = message.cursor;
      if (message.__typename === "AssignmentSnapshot") {
        loaded.set(true);
        if (message.hasMore) void readRest(++reading);
      }
      if (message.__typename === "TaskAssigned") notify(message.assignment.task);
      if (message.__typename !== "AssignmentSnapshot") letGo();
    },
  });

  /** Those beyond the snapshot, a page at a time; given up where a newer snapshot came meanwhile. */
  async function readRest(mine: number): Promise<void> {
    let cursor: string | null = null;
    let failures = 0;
    do {
      const result: OperationResult<ResultOf<typeof InboxPageQuery>> = await client
        .query(InboxPageQuery, { after: cursor })
        .toPromise();
      if (mine !== reading || refused.get()) return;
      const page = result.data?.assignments;
      if (!page) {
        await new Promise((resolve) => setTimeout(resolve, pause(failures++)));
        continue;
      }
      const tasks = page.nodes.map((node) => node.task);
      inbox.set(addRest(inbox.get(), tasks, me));
      if (!page.pageInfo.hasNextPage) return;
      cursor = page.pageInfo.endCursor;
    } while (mine === reading);
  }

  function letGo(): void {
    for (const [id, entry] of inbox.get().entries) {
      if (!entry.gone || timers.has(id)) continue;
      const later = setTimeout(() => {
        timers.delete(id);
        inbox.set(forget(inbox.get(), id));
      }, GONE_MS);
      timers.set(id, later);
    }
  }

  return {
    inbox,
    loaded,
    stop() {
      reading++;
      stop();
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}
