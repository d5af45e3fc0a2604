// What this browser remembers between reloads; where storing is forbidden, until the page closes.
import type { Memory } from "./memory.ts";

/** This tab: what is being bought here. */
export const tabMemory = memoryOver(() => window.sessionStorage);
/** All tabs: whether somebody is signed in. */
export const browserMemory = memoryOver(() => window.localStorage);

export const STORAGE_PREFIX = "stagedoor:";

function memoryOver(storage: () => Storage): Memory {
  const fallback = new Map<string, string>();
  return {
    read(key) {
      try {
        return storage().getItem(STORAGE_PREFIX + key);
      } catch {
        return fallback.get(key) ?? null;
      }
    },
    write(key, value) {
      try {
        storage().setItem(STORAGE_PREFIX + key, value);
      } catch {
        fallback.set(key, value);
      }
    },
    forget(key) {
      fallback.delete(key);
      try {
        storage().removeItem(STORAGE_PREFIX + key);
      } catch {
        // Nothing was stored where storing is forbidden.
      }
    },
  };
}
