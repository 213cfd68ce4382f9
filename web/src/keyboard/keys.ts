// Single keys that act, wherever the focus is but in a field that is typed into. The last that asked for a key has it.
import { useLayoutEffect, useRef } from "preact/hooks";

type Actions = Readonly<Record<string, () => unknown>>;

const stack: { current: Actions }[] = [];

export function useKeys(actions: Actions): void {
  const latest = useRef(actions);
  latest.current = actions;
  // Together with what is drawn: a key that is pressed right then is not lost.
  useLayoutEffect(() => {
    stack.push(latest);
    return () => {
      stack.splice(stack.indexOf(latest), 1);
    };
  }, []);
}

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTypedInto(event.target, event.key) || document.querySelector("dialog[open], .overlay")) return;
  const action = stack.findLast(({ current }) => event.key in current)?.current[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

/** Whether the key belongs to the field that has the focus. Escape leaves every field. */
function isTypedInto(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (key === "Escape" && target.matches("input, textarea, select")) {
    target.blur();
    return true;
  }
  if (key === "Enter" && target.matches("a, button, summary, input, label")) return true;
  const chosen = target.matches("input:is([type=radio], [type=checkbox])");
  return target.matches("input, textarea, select, [contenteditable]") && !chosen;
}
