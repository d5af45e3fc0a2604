// The stylesheet's colours for the canvas, read again when the fan's device turns dark or light.
import { useSyncExternalStore } from "react";
import type { Palette } from "./draw-seats.ts";

const DARK = "(prefers-color-scheme: dark)";

let cached: { isDark: boolean; palette: Palette } | undefined;

export function usePalette(): Palette {
  return useSyncExternalStore(listen, readPalette);
}

function listen(listener: () => void): () => void {
  const query = window.matchMedia(DARK);
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}

function readPalette(): Palette {
  const isDark = window.matchMedia(DARK).matches;
  if (cached?.isDark === isDark) return cached.palette;
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const palette = {
    ink: color("--ink"),
    soft: color("--ink-soft"),
    paper: color("--surface"),
    brand: color("--mine"),
    onBrand: color("--on-mine"),
    gold: color("--gold-fill"),
    font: color("--sans"),
  };
  cached = { isDark, palette };
  return palette;
}
