// Asks a chain node one question over HTTP, within a limit.

let nextId = 0;

export async function rpcCall(options: {
  url: string;
  method: string;
  params?: unknown[];
  timeoutMs: number;
}): Promise<unknown> {
  nextId += 1;
  const { url, method, params = [], timeoutMs } = options;
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: nextId, method, params }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (!response.ok) throw new Error(`${method} was answered with HTTP ${response.status}`);
  const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
  if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
  return answer.result;
}
