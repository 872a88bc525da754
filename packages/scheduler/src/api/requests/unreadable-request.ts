// Answers what is no HTTP request that can be read: there is no route and no reply for it yet, only a socket.
import { maxHeaderSize } from "node:http";
import type { Socket } from "node:net";

interface Refusal {
  readonly status: string;
  readonly code: string;
  readonly error: string;
}

const refusals: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    status: "431 Request Header Fields Too Large",
    code: "headers_too_large",
    error: `the URL and the headers have more than ${maxHeaderSize} bytes together: send less, for example in several requests`,
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: "408 Request Timeout",
    code: "request_timeout",
    error: "the request did not arrive in time: send it again",
  },
};
const other: Refusal = {
  status: "400 Bad Request",
  code: "bad_request",
  error: "this is no HTTP/1.1 request that can be read",
};

/** Answers with an error like all others, and closes the connection. `error`: that of the server's `clientError`. */
export function refuseUnreadable(error: { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const { status, code, error: words } = refusals[error.code ?? ""] ?? other;
  const body = JSON.stringify({ error: words, code });
  if (socket.writable)
    socket.write(
      [
        `HTTP/1.1 ${status}`,
        "Content-Type: application/json; charset=utf-8",
        `Content-Length: ${Buffer.byteLength(body)}`,
        "Connection: close",
        "",
        body,
      ].join("\r\n"),
    );
  socket.destroySoon();
}
