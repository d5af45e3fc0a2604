// How large the seat map is drawn and which part of it is in view.
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { View } from "./draw-seats.ts";
import type { Plan, Point } from "./seat-geometry.ts";

/** A seat is comfortable to hit from about here; the map never grows much beyond. */
const PITCH_PX_MAX = 46;
const ZOOM_STEP = 1.6;
/** A map never takes more of the window's height, so that the page around it stays reachable. */
const WINDOW_SHARE_MAX = 0.68;

export interface MapView {
  view: View;
  /** The whole zoomed map, of which the view is a part. */
  contentWidth: number;
  contentHeight: number;
  zoomIn: (() => void) | null;
  zoomOut: (() => void) | null;
  /** Zooms so that seats are large enough for a finger, with this place in the middle. */
  zoomTo: (place: Point) => void;
  onScroll: () => void;
}

export function useMapView(scroller: RefObject<HTMLDivElement | null>, plan: Plan): MapView {
  const [room, setRoom] = useState({ width: 0, height: 0 });
  const [zoom, setZoom] = useState(1);
  const [scroll, setScroll] = useState({ left: 0, top: 0 });
  const middle = useRef<Point | null>(null);

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const measure = () =>
      setRoom({ width: element.clientWidth, height: window.innerHeight * WINDOW_SHARE_MAX });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, [scroller]);

  const fit = Math.min(
    room.width / plan.width,
    room.height / plan.height,
    PITCH_PX_MAX / plan.pitch,
  );
  const scale = fit * zoom;
  const zoomMax = Math.max(1, PITCH_PX_MAX / (plan.pitch * fit || 1));
  const width = room.width;
  const height = Math.min(plan.height * fit, room.height);
  const contentWidth = Math.max(plan.width * scale, width);
  const contentHeight = Math.max(plan.height * scale, height);

  // After a zoom the same place stays in the middle; scrolling needs the new size to be laid out.
  useLayoutEffect(() => {
    const element = scroller.current;
    const place = middle.current;
    if (element === null || place === null) return;
    element.scrollLeft = (place.x - plan.left) * scale - width / 2;
    element.scrollTop = (place.y - plan.top) * scale - height / 2;
    middle.current = null;
    setScroll({ left: element.scrollLeft, top: element.scrollTop });
  }, [scroller, plan, scale, width, height]);

  function zoomBy(factor: number, place: Point = middleOfView()): void {
    middle.current = place;
    setZoom((last) => Math.min(zoomMax, Math.max(1, last * factor)));
  }

  function middleOfView(): Point {
    return {
      x: plan.left + (scroll.left + width / 2) / scale,
      y: plan.top + (scroll.top + height / 2) / scale,
    };
  }

  // A map narrower than its room stands in the middle of it.
  const spareX = (contentWidth - plan.width * scale) / 2;
  return {
    view: { left: scroll.left - spareX, top: scroll.top, width, height, scale },
    contentWidth,
    contentHeight,
    zoomIn: zoom < zoomMax ? () => zoomBy(ZOOM_STEP) : null,
    zoomOut: zoom > 1 ? () => zoomBy(1 / ZOOM_STEP) : null,
    zoomTo: (place) => zoomBy(zoomMax, place),
    onScroll: () => {
      const element = scroller.current;
      if (element !== null) setScroll({ left: element.scrollLeft, top: element.scrollTop });
    },
  };
}
