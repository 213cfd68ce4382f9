// A subscription that outlives its connection: cut off, it asks again from the last cursor it saw, so nothing is missed.
import type { Client, TypedDocumentNode } from "@urql/core";
import { onEnd, pipe, subscribe } from "wonka";
import { refused } from "./client";

export interface Followed<Data, Variables extends object> {
  subscription: TypedDocumentNode<Data, Variables>;
  /** The variables to ask with; read anew at each attempt, so that they can hold the last cursor. */
  variables: () => Variables;
  onData: (data: Data) => void;
  /** Before each attempt that follows a cut. */
  onResume?: () => void;
}

const SHORTEST_MS = 250;
const LONGEST_MS = 8_000;

/** Follows until the returned function is called, or the key is refused. */
export function follow<Data, Variables extends object>(
  client: Client,
  { subscription, variables, onData, onResume }: Followed<Data, Variables>,
): () => void {
  let failures = 0;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let stop = start();

  function start(): () => void {
    let current = true;
    const source = pipe(
      client.subscription(subscription, variables(), { requestPolicy: "network-only" }),
      onEnd(() => {
        if (current && !refused.get()) waiting = setTimeout(again, pause(failures++));
      }),
    );
    const running = pipe(
      source,
      subscribe(({ data }) => {
        if (!data || !current) return;
        failures = 0;
        onData(data);
      }),
    );
    return () => {
      current = false;
      running.unsubscribe();
    };
  }
  function again(): void {
    clearTimeout(waiting);
    waiting = undefined;
    stop();
    onResume?.();
    stop = start();
  }
  const atOnce = () => {
    if (waiting && document.visibilityState === "visible") again();
  };

  addEventListener("online", atOnce);
  document.addEventListener("visibilitychange", atOnce);
  return () => {
    clearTimeout(waiting);
    removeEventListener("online", atOnce);
    document.removeEventListener("visibilitychange", atOnce);
    stop();
  };
}

/** Doubles from a quarter of a second to eight, spread so that a thousand pages do not come back at once. */
export function pause(failures: number, random: () => number = Math.random): number {
  const longest = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** failures);
  return longest / 2 + (random() * longest) / 2;
}
