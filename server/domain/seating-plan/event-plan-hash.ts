// The hash that the chain keeps of an event's places: of its plan's file, and of its areas if it has any.
import { canonicalPlan, planHashOf } from "./canonical.ts";

export interface HashedArea {
  section: number;
  name: string;
  category: string;
  capacity: number;
}

/**
 * Without areas it is the hash of the file alone, so that whoever has the file needs nothing else.
 * Holdbacks are not in it: units may move to the public class after it is on chain.
 */
export function eventPlanHash(
  fileHash: `0x${string}` | null,
  areas: readonly HashedArea[],
): `0x${string}` | null {
  if (areas.length === 0) return fileHash;
  const listed = areas.map(({ section, name, category, capacity }) => ({
    ...{ section, name, category, capacity },
  }));
  listed.sort((a, b) => a.section - b.section);
  return planHashOf(canonicalPlan({ areas: listed, plan: fileHash }));
}
