// Who gets which of a ticket id's 4,095 sections: zones count up from 1, areas without seats down.

const SECTION_MAX = 4_095;
export const AREAS_MAX = 100;
/** So that a plan that is imported again can never run into an area. */
export const ZONES_MAX = SECTION_MAX - AREAS_MAX;

export function areaSection(at: number): number {
  return SECTION_MAX - at;
}
