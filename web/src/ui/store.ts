// A value that parts of the page share: who reads it with useStore is drawn again when it changes.
import { useEffect, useReducer } from "preact/hooks";

export interface Store<Value> {
  get(): Value;
  set(value: Value): void;
  subscribe(listener: () => void): () => void;
}

export function makeStore<Value>(value: Value): Store<Value> {
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useStore<Value>(store: Store<Value>): Value {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const drawn = store.get();
  useEffect(() => {
    // The value may have changed between the drawing and this.
    if (!Object.is(store.get(), drawn)) redraw(undefined as never);
    return store.subscribe(() => redraw(undefined as never));
  }, [store]);
  return drawn;
}
