// A link inside the app: a real one, for new tabs and screen readers, that does not reload the page.
import type { MouseEvent, ReactNode } from "react";
import { navigate } from "./router.ts";

export function Link(props: { to: string; className?: string; children: ReactNode }) {
  function follow(event: MouseEvent): void {
    const wantsNewTab = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (wantsNewTab || event.button !== 0) return;
    event.preventDefault();
    navigate(props.to);
  }
  return (
    <a href={props.to} className={props.className} onClick={follow}>
      {props.children}
    </a>
  );
}
