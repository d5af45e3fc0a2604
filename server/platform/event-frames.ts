// The bytes of server-sent events that every feed has, and how one is written.

/** How long a browser waits before it connects again. */
const RECONNECT_MS = 1_500;

/** A connection that says nothing for longer looks dead to some proxies. */
export const BEAT_MS = 15_000;

export const eventFrame = (lines: string[]): Uint8Array => Buffer.from(`${lines.join("\n")}\n\n`);

/** Keeps proxies from taking a quiet feed for a dead connection. */
export const BEAT_FRAME = eventFrame([": beat"]);
export const HELLO_FRAME = eventFrame([`retry: ${RECONNECT_MS}`]);
/** For who does not read as fast as things change: ask now and then instead. */
export const POLL_FRAME = eventFrame(["event: poll", "data: {}"]);
