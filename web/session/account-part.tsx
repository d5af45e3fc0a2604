// One list of an account: its title takes the focus when a row goes, and says what happened.
import { type ReactNode, useCallback, useId, useRef, useState } from "react";
import { isFailure } from "../api/failure.ts";
import type { Loaded } from "../api/use-loaded.ts";
import { FailureNotice } from "../page/failure-notice.tsx";
import { useAct } from "../page/use-act.ts";
import "./account-rows.css";

export interface PartNews {
  said: string;
  titleRef: React.RefObject<HTMLHeadingElement | null>;
  /** The button that was pressed is gone now; without this the focus would be lost with it. */
  say: (words: string) => void;
}

export function usePartNews(): PartNews {
  const [said, setSaid] = useState("");
  const titleRef = useRef<HTMLHeadingElement>(null);
  const say = useCallback((words: string) => {
    setSaid(words);
    titleRef.current?.focus();
  }, []);
  return { said, titleRef, say };
}

export function AccountPart(props: {
  title: string;
  news: PartNews;
  list: Loaded<unknown>;
  children: ReactNode;
}) {
  const { title, news, list, children } = props;
  const titleId = useId();
  return (
    <section className="account-part" aria-labelledby={titleId}>
      <h3 id={titleId} className="account-part-title" tabIndex={-1} ref={news.titleRef}>
        {title}
      </h3>
      <p role="status" className={news.said === "" ? "hidden-words" : "small"}>
        {news.said}
      </p>
      {list.failure === undefined ? null : (
        <FailureNotice failure={list.failure} onRetry={list.reload} />
      )}
      {children}
    </section>
  );
}

export function AccountRow(props: {
  name: string;
  about: string;
  /** Says that this is the device in one's hand. */
  here?: boolean;
  button?: { label: string; name: string; act: () => Promise<void> };
}) {
  const { name, about, here, button } = props;
  const { isBusy, failure, start } = useAct(async () => button?.act());
  return (
    <li className="account-row">
      <span className="account-row-name">
        {name}
        {here === true ? <span className="account-row-here">This device</span> : null}
      </span>
      <span className="account-row-about">{about}</span>
      {button === undefined ? null : (
        <button
          type="button"
          className="account-row-button"
          aria-label={button.name}
          disabled={isBusy}
          onClick={start}
        >
          {button.label}
        </button>
      )}
      {failure === undefined ? null : <FailureNotice failure={failure} />}
    </li>
  );
}

/** Another tab was quicker: what was wanted is so. */
export function ignoreGone(error: unknown): void {
  if (!isFailure(error, "request/not-found")) throw error;
}
