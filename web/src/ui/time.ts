// Times and spans in words that fit a line.
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A span to two parts: 3 d 4 h, 12 min, 45 s. */
export function span(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < 10 * MINUTE) return parts(ms, MINUTE, "min", SECOND, "s");
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return parts(ms, HOUR, "h", MINUTE, "min");
  return parts(ms, DAY, "d", HOUR, "h");
}

function parts(ms: number, large: number, name: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)} ${name}${rest ? ` ${rest} ${smallName}` : ""}`;
}

/** How long ago, or how long until. */
export function ago(at: string, now: number): string {
  const passed = now - Date.parse(at);
  if (Math.abs(passed) < 5 * SECOND) return "just now";
  return passed > 0 ? `${span(passed)} ago` : `in ${span(-passed)}`;
}

const CLOCK: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };
const MOMENT: Intl.DateTimeFormatOptions = { day: "numeric", month: "short", ...CLOCK };

/** The time of day where it is near, else with its date; the year where it is another. */
export function moment(at: string, now: number): string {
  const time = new Date(at);
  const today = new Date(now);
  if (time.toDateString() === today.toDateString()) return time.toLocaleTimeString(undefined, CLOCK);
  const year: Intl.DateTimeFormatOptions =
    time.getFullYear() === today.getFullYear() ? {} : { year: "numeric" };
  return time.toLocaleString(undefined, { ...MOMENT, ...year });
}

export type Nearness = "far" | "near" | "close" | "past";

/** How near a deadline is: close in its last minute or tenth, near in its last ten minutes or quarter. */
export function nearness(from: string, until: string, now: number): Nearness {
  const left = Date.parse(until) - now;
  if (left <= 0) return "past";
  const whole = Math.max(1, Date.parse(until) - Date.parse(from));
  if (left < MINUTE || (left / whole < 0.1 && left < HOUR)) return "close";
  if (left < 10 * MINUTE || (left / whole < 0.25 && left < 6 * HOUR)) return "near";
  return "far";
}

/** Seconds, as figures have them. */
export function seconds(value: number | null | undefined): string {
  if (value == null) return "–";
  if (value > 0 && value < 1) return `${Math.max(1, Math.round(value * SECOND))} ms`;
  return value < 10 ? `${value.toFixed(1)} s` : span(value * SECOND);
}
