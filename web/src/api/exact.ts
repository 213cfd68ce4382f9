// Numbers that JavaScript cannot hold: 9007199254740993 is 9007199254740992 as soon as it is parsed.
export function isInexact(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER;
}

/** For JSON.parse: such a number stays the text it was, where the browser tells it and it would come back as another; else it
 * is marked where it is shown. */
export function exactly(_name: string, value: unknown, context?: { source?: string }): unknown {
  return isInexact(value) && context?.source !== String(value) ? (context?.source ?? value) : value;
}

/** JSON with such numbers as texts, for who parses it without a reviver; what is no JSON as it is. */
export function exactJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text, exactly));
  } catch {
    return text;
  }
}
