// Bounds the time that somebody waits for work; the work itself goes on.
import { Fault } from "../domain/failure.ts";

/** Fails with a fault that says `why` once the limit is over. */
export async function within<T>(limitMs: number, why: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const end = () => reject(new Fault("server/unavailable", why));
    // After a stall of our own, timers come before the answer that waits in the socket.
    timer = setTimeout(() => setImmediate(() => setImmediate(end)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
