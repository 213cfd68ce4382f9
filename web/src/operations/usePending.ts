// What waits, read anew every few seconds while somebody looks.
import { useQuery } from "@urql/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { serverNow } from "../api/clock";
import type { VariablesOf } from "../api/graphql";
import { Pending } from "./documents";

const REFRESH_MS = 5_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How far ahead deadlines are looked for: the shortest of these that holds enough to fill the list. */
export const HORIZONS = [10 * MINUTE, 2 * HOUR, DAY, 366 * DAY] as const;
const ENOUGH = 10;

export function variablesAt(now: number, horizon: number): VariablesOf<typeof Pending> {
  const before = (ms: number) => new Date(now - ms).toISOString();
  return {
    status: ["PENDING"],
    minutes5: before(5 * MINUTE),
    hour: before(HOUR),
    day: before(DAY),
    week: before(7 * DAY),
    soon: new Date(now + horizon).toISOString(),
  };
}

export function usePending() {
  const [horizon, setHorizon] = useState(0);
  const [variables, setVariables] = useState(() => variablesAt(serverNow(), HORIZONS[0]));
  const [{ data: fresh, error }] = useQuery({ query: Pending, variables });
  const last = useRef(fresh);
  if (fresh) last.current = fresh;
  const data = last.current;

  useEffect(() => {
    const read = () => setVariables(variablesAt(serverNow(), HORIZONS[horizon] ?? DAY));
    read();
    const timer = setInterval(() => document.visibilityState === "visible" && read(), REFRESH_MS);
    return () => clearInterval(timer);
  }, [horizon]);
  useEffect(() => {
    const short = fresh && fresh.due.totalCount < Math.min(ENOUGH, fresh.all.totalCount);
    if (short && horizon < HORIZONS.length - 1) setHorizon(horizon + 1);
  }, [fresh]);

  return { data, error };
}
