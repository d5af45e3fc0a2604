// The heading of a screen; it names the tab and, after a move, takes the focus so that readers hear it.
import { type ReactNode, useEffect, useRef } from "react";
import { hasMoved } from "./router.ts";

const PRODUCT = "Stagedoor";

export function ScreenHeading(props: { title: string; className?: string; children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${props.title} · ${PRODUCT}`;
  }, [props.title]);
  useEffect(() => {
    if (hasMoved()) heading.current?.focus();
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1} className={props.className}>
      {props.children ?? props.title}
    </h1>
  );
}
