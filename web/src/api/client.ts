// One client a key: HTTP for queries and mutations, one WebSocket for all subscriptions.
import { Client, type ExecutionResult, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient as createSocket } from "graphql-ws";
import { makeStore } from "../ui/store";
import { noteServerTime } from "./clock";
import { exactJson, exactly } from "./exact";

export type Connection = "idle" | "connecting" | "open" | "cut";

/** How the WebSocket is; `idle` while nothing needs it. */
export const connection = makeStore<Connection>("idle");

/** Whether the service has refused the key that the client was made with. */
export const refused = makeStore(false);

const PING_MS = 10_000;
const PONG_MS = 5_000;
const FORBIDDEN = 4403;

export function makeClient(key: string): Client {
  const authorization = `Bearer ${key}`;
  const socket = openSocket(authorization);
  return new Client({
    url: "/graphql",
    preferGetMethod: false, // a GET never decides, and none is served
    requestPolicy: "network-only",
    fetchOptions: { headers: { authorization } },
    fetch: watchedFetch,
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (operation) => ({
          subscribe: (sink) => ({
            unsubscribe: socket.subscribe(
              { ...operation, query: operation.query ?? "" },
              { ...sink, next: (result) => sink.next(result as ExecutionResult) },
            ),
          }),
        }),
      }),
    ],
  });
}

const watchedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  noteServerTime(response.headers.get("date"));
  if (response.status === 401) refused.set(true);
  // urql parses what it gets by itself; a body that is empty must stay none.
  return new Response(exactJson(await response.text()) || null, response);
};

/** Never retries by itself: a subscription is to go on from its last cursor, not from where it began (live.ts). */
function openSocket(authorization: string) {
  let silent: ReturnType<typeof setTimeout> | undefined;
  const socket = createSocket({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`,
    connectionParams: { authorization },
    jsonMessageReviver: exactly,
    retryAttempts: 0,
    lazyCloseTimeout: 1_000,
    keepAlive: PING_MS,
    on: {
      connecting: () => connection.get() !== "cut" && connection.set("connecting"),
      connected: () => connection.set("open"),
      ping: (received) => {
        // A line that is cut without a word takes whatever is sent: only an answer proves it.
        if (!received) silent = setTimeout(() => socket.terminate(), PONG_MS);
      },
      pong: () => clearTimeout(silent),
      closed: (event) => {
        clearTimeout(silent);
        const { code, wasClean } = event as CloseEvent;
        if (code === FORBIDDEN) refused.set(true);
        connection.set(code === 1000 && wasClean ? "idle" : "cut");
      },
    },
  });
  return socket;
}
