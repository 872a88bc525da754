// A stream of JSON values, one a line, however it is cut into chunks.

/** Throws what the stream throws (a broken connection included), and SyntaxError for a line that is not JSON. */
export async function* jsonLines(stream: AsyncIterable<unknown>): AsyncIterable<unknown> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest +=
      typeof chunk === "string" ? chunk : chunk instanceof Uint8Array ? decoder.decode(chunk, { stream: true }) : "";
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") yield JSON.parse(line);
  }
  if (rest.trim() !== "") yield JSON.parse(rest);
}
