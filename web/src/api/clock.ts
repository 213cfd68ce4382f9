// The service's clock decides; this machine's may be wrong. Each HTTP answer says what time the service has.
import { makeStore } from "../ui/store";

const TICK_MS = 1000;
const WRONG_MS = 5000; // The header has whole seconds and took a while to come: a smaller difference says nothing.

let ahead = 0;

export function noteServerTime(date: string | null): void {
  const server = date ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(server)) return;
  const difference = server - Date.now();
  ahead = Math.abs(difference) < WRONG_MS ? 0 : difference;
}

export function serverNow(): number {
  return Date.now() + ahead;
}

/** The service's time in milliseconds, each second anew. */
export const now = makeStore(serverNow());

setInterval(() => now.set(serverNow()), TICK_MS);
