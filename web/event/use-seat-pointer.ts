// What a pointer on the seat map means: a mouse hovers and picks, a finger on small seats zooms first.
import { type MouseEvent, type PointerEvent, useState } from "react";
import type { Seat } from "../api/wire.ts";
import { type Plan, type Point, seatAt } from "./seat-geometry.ts";
import type { MapView } from "./use-map-view.ts";

/** A finger covers about this much; on smaller seats its first tap zooms in instead. */
const FINGER_PITCH_PX_MIN = 22;
const REACH_OF_PITCH = 0.62;
const FINGER_REACH_OF_PITCH = 0.85;

export interface SeatPointer {
  hovered: Seat | undefined;
  onPointerMove: (pointer: PointerEvent) => void;
  onPointerLeave: () => void;
  onClick: (click: MouseEvent) => void;
}

export function useSeatPointer(options: {
  plan: Plan;
  map: MapView;
  onToggle: (seat: Seat) => void;
}): SeatPointer {
  const { plan, map, onToggle } = options;
  const [hovered, setHovered] = useState<Seat | undefined>();

  function placeOf(pointer: MouseEvent): Point {
    const box = pointer.currentTarget.getBoundingClientRect();
    return {
      x: plan.left + (pointer.clientX - box.left + map.view.left) / map.view.scale,
      y: plan.top + (pointer.clientY - box.top + map.view.top) / map.view.scale,
    };
  }

  function onClick(click: MouseEvent): void {
    const isFinger = (click.nativeEvent as { pointerType?: string }).pointerType === "touch";
    const isSmall = plan.pitch * map.view.scale < FINGER_PITCH_PX_MIN;
    if (isFinger && isSmall && map.zoomIn !== null) {
      map.zoomTo(placeOf(click));
      return;
    }
    // A click's place is cut to whole pixels: between two seats the label's is the one meant.
    const reach = plan.pitch * (isFinger ? FINGER_REACH_OF_PITCH : REACH_OF_PITCH);
    const seat = (isFinger ? undefined : hovered) ?? seatAt(plan, placeOf(click), reach);
    if (seat !== undefined) onToggle(seat);
  }

  function onPointerMove(pointer: PointerEvent): void {
    if (pointer.pointerType === "touch") return;
    setHovered(seatAt(plan, placeOf(pointer), plan.pitch * REACH_OF_PITCH));
  }

  return { hovered, onPointerMove, onPointerLeave: () => setHovered(undefined), onClick };
}
