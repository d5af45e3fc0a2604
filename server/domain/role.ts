// The roles that a wallet can hold: for one event, or for the platform as a whole.

/** One event's: who runs it, sells at the counter, admits at the door, or performs. */
export const EVENT_ROLES = ["organiser", "box-office", "gate", "artist"] as const;
/** An operator's has no event: it makes events and names who else may operate the platform. */
export const ROLES = [...EVENT_ROLES, "operator"] as const;

export type EventRole = (typeof EVENT_ROLES)[number];
export type Role = (typeof ROLES)[number];
