// The time left, which turns as the deadline nears.
import { now as clock } from "../api/clock";
import { useStore } from "./store";
import { moment, nearness, span } from "./time";

export function Countdown({ from, until }: { from: string; until: string }) {
  const now = useStore(clock);
  const near = nearness(from, until, now);
  const left = Date.parse(until) - now;
  return (
    <time class={`countdown ${near}`} dateTime={until} title={`Due ${moment(until, now)}`}>
      {near === "past" ? "time is up" : span(left)}
    </time>
  );
}
