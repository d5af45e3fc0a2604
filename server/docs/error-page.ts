// A page for every code of a problem: what happened, what to do, whether to send the same again.
import { ERRORS, type ErrorCode, type ErrorEntry, type Retry } from "../api/errors.ts";
import { type Html, html, page, prose } from "./html.ts";

const RETRIES: Record<Retry, string> = {
  never: "The same request fails again. Change it first.",
  same: "Send it again as it is, with the same Idempotency-Key, after the seconds in `Retry-After`.",
  new: "Begin the step again, with a new Idempotency-Key where the route takes one.",
};

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}

export function errorPage(code: ErrorCode): string {
  const { status, retry, title, advice }: ErrorEntry = ERRORS[code];
  return page(
    code,
    html`<h1><code>${code}</code></h1>
<p class="lead">${title}.</p>
<dl>
<dt>Status</dt><dd>${status}</dd>
<dt>What to do</dt><dd>${prose(advice)}</dd>
<dt>Retry</dt><dd><code>${retry}</code>. ${prose(RETRIES[retry])}</dd>
</dl>
<h2>As it is answered</h2>
<pre>${JSON.stringify(exampleProblem(code), null, 2)}</pre>
<p>Codes may bring members of their own, which the advice names. Ask us about a problem by its
<code>traceId</code>: it finds the line in our log.</p>`,
  );
}

function exampleProblem(code: ErrorCode): Record<string, unknown> {
  const { status, retry, title }: ErrorEntry = ERRORS[code];
  return {
    type: `/docs/errors/${code}`,
    title,
    status,
    retry,
    code,
    detail: "What exactly was wrong, in one sentence.",
    instance: "/v1/…",
    traceId: "5f0c3f6e-2f6a-4c3e-9d4e-0a8a5b6c7d8e",
  };
}

export function errorListPage(): string {
  const rows = (Object.entries(ERRORS) as [ErrorCode, ErrorEntry][]).map(
    ([code, { status, retry, title }]): Html =>
      html`<tr><td><a href="/docs/errors/${code}"><code>${code}</code></a></td><td>${status}</td>
<td><code>${retry}</code></td><td>${title}</td></tr>
`,
  );
  return page(
    "Errors",
    html`<h1>Errors</h1>
<p class="lead">Every failure is answered with <code>application/problem+json</code> (RFC 9457). Its
<code>type</code> is the address of a page here, <code>code</code> stays the same for ever, and
<code>retry</code> says what a program may do.</p>
<dl>
${(Object.keys(RETRIES) as Retry[]).map((retry) => html`<dt><code>${retry}</code></dt><dd>${prose(RETRIES[retry])}</dd>`)}
</dl>
<div class="wide"><table><thead><tr><th>Code</th><th>Status</th><th>Retry</th><th>Meaning</th></tr></thead>
<tbody>
${rows}</tbody></table></div>
<p>A ticket that is refused at the door is not an error: the scan answers 200 with the reason.</p>`,
  );
}
