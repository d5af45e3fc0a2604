// How long something still lasts, by the server's clock, counted down.
import { useEffect, useState } from "react";
import { serverNowMs } from "../api/server-clock.ts";

const TICK_MS = 250;

export function useTimeLeftMs(expiresAt: string): number {
  const [leftMs, setLeftMs] = useState(() => timeLeftMs(expiresAt));
  useEffect(() => {
    const update = () => setLeftMs(timeLeftMs(expiresAt));
    update();
    const timer = setInterval(update, TICK_MS);
    return () => clearInterval(timer);
  }, [expiresAt]);
  return leftMs;
}

export function timeLeftMs(expiresAt: string): number {
  return Math.max(0, Date.parse(expiresAt) - serverNowMs());
}
