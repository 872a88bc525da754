import { describe, expect, it } from "vitest";
import { endToEndHeaders, headText, requestHeaders } from "./forwarded-headers.ts";

describe("endToEndHeaders", () => {
  it("leaves behind what concerns one connection, and what Connection names", () => {
    const raw = [
      ...[
        "Connection",
        "close, X-Private",
        "Keep-Alive",
        "timeout=5",
        "Transfer-Encoding",
        "chunked",
        "TE",
        "trailers",
      ],
      ...["Upgrade", "h2c", "Proxy-Authorization", "secret", "x-private", "1", "Expect", "100-continue"],
      ...["Content-Type", "application/json", "Content-Length", "5", "Authorization", "Bearer x"],
    ];
    expect(endToEndHeaders(raw)).toEqual({
      "content-type": "application/json",
      "content-length": "5",
      authorization: "Bearer x",
    });
  });

  it("keeps headers that come several times", () => {
    expect(endToEndHeaders(["Set-Cookie", "a=1", "set-cookie", "b=2", "__proto__", "x"])).toEqual(
      Object.fromEntries([
        ["set-cookie", ["a=1", "b=2"]],
        ["__proto__", "x"],
      ]),
    );
  });
});

describe("requestHeaders", () => {
  const forwarding = { by: "f1", host: "leader:8512", client: "10.0.0.7" };

  it("names the leader as host, and tells who asked whom", () => {
    const raw = [
      "Host",
      "follower:8512",
      "X-Forwarded-For",
      "10.0.0.1",
      "X-CKE-Forwarded-By",
      "liar",
      "Origin",
      "http://follower:8512",
    ];
    expect(requestHeaders(raw, forwarding)).toEqual({
      host: "leader:8512",
      "x-forwarded-host": "follower:8512",
      "x-forwarded-for": "10.0.0.1, 10.0.0.7",
      "x-cke-forwarded-by": "f1",
      connection: "keep-alive",
    });
  });

  it("keeps the wish for a WebSocket", () => {
    const raw = ["Connection", "keep-alive, Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Key", "abc"];
    expect(requestHeaders(raw, forwarding, "websocket")).toMatchObject({
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-key": "abc",
    });
  });
});

it("headText is the head of an answer", () => {
  expect(headText(404, "Not Found", ["A", "1", "B", "2"])).toBe("HTTP/1.1 404 Not Found\r\nA: 1\r\nB: 2\r\n\r\n");
});
