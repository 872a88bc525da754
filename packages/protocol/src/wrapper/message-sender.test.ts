import { expect, test } from "vitest";
import { MessageSender, pieceBytes } from "./message-sender.ts";

/** A call that sends when it is told to. */
function slowCall() {
  const written: Uint8Array[] = [];
  const callbacks: (() => void)[] = [];
  const write = (message: Uint8Array, sent: () => void) => {
    written.push(message);
    callbacks.push(sent);
    return false;
  };
  return { written, write, leave: () => callbacks.shift()?.() };
}

test("data leave in pieces, in order, and the sender waits for the last one", async () => {
  const call = slowCall();
  const sender = new MessageSender<Uint8Array>(call, new AbortController().signal);
  const data = Uint8Array.from({ length: 2 * pieceBytes + 1 }, (_, index) => index % 251);
  let sent = false;
  const sending = sender
    .sendData(data, (piece) => piece)
    .then((more) => {
      sent = more;
    });
  expect(call.written.map(({ length }) => length)).toEqual([pieceBytes, pieceBytes, 1]);
  expect(Buffer.concat(call.written).equals(data)).toBe(true);
  call.leave();
  call.leave();
  await Promise.resolve();
  expect(sent).toBe(false);
  call.leave();
  await sending;
  expect(sent).toBe(true);
});

test("no wait outlives the call", async () => {
  const call = slowCall();
  const over = new AbortController();
  const sender = new MessageSender<Uint8Array>(call, over.signal);
  const waiting = [sender.send(new Uint8Array(1)), sender.sendData(new Uint8Array(100_000), (piece) => piece)];
  over.abort();
  expect(await Promise.all(waiting)).toEqual([false, false]);
  const before = call.written.length;
  expect(await sender.send(new Uint8Array(1))).toBe(false);
  expect(call.written.length).toBe(before);
});

test("no data are nothing to wait for", async () => {
  const sender = new MessageSender<Uint8Array>(slowCall(), new AbortController().signal);
  expect(await sender.sendData(new Uint8Array(0), (piece) => piece)).toBe(true);
});
