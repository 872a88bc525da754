// One WebSocket of a terminal page: opens its session, passes bytes both ways, and ends it when the page goes away, the shell ends,
// or nobody uses it.
import type { Clock, Logger } from "@cke/foundation";
import type { WebSocket } from "ws";
import type { ExecStream } from "../../channel/exec-stream.ts";
import { type ConsoleQuery, consoleTitle } from "../../console/console-request.ts";
import type { ConsoleSession, TerminalSessions } from "../../console/console-sessions.ts";
import { IdleWatch } from "../../console/idle-watch.ts";
import { OutputWindow } from "../../console/output-window.ts";
import { takeInOrder } from "../streams/frames-in-order.ts";
import { sent } from "../streams/sent-frame.ts";
import { watchClient } from "../streams/websocket-liveness.ts";
import { type ConsoleMessage, idleEnd, messageFrame, readPageMessage, refusalOf } from "./console-messages.ts";

export interface ConsoleSocketOptions {
  readonly sessions: TerminalSessions;
  readonly idleMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Time between pings; a page that missed one whole period is cut off. Default 15 s. */
  readonly pingMs?: number | undefined;
}

const defaultPingMs = 15_000;
/**
 * Input that a command does not take holds up what the page says of its drawing, behind it. A command that waits for its output to
 * be taken would then wait for ever, so one more window is sent each time this has passed.
 */
const heldInputMs = 100;
/** Close code of RFC 6455 §7.4.1. */
const normal = 1000;

export interface AskedSession {
  readonly cluster: string;
  /** Throws a CkeError that names the field and what is allowed. */
  readonly query: () => ConsoleQuery;
  /** Address of the client. */
  readonly by: string;
}

/** Resolves when the session is over and its stream is closed. Never rejects: the page is told of errors, those of its query too. */
export async function serveConsole(
  socket: WebSocket,
  asked: AskedSession,
  options: ConsoleSocketOptions,
): Promise<void> {
  const { cluster, by } = asked;
  const { sessions, clock, logger, idleMs, pingMs = defaultPingMs } = options;
  const opened = Promise.withResolvers<ExecStream | undefined>();
  const window = new OutputWindow();
  // What ends a session is not the end of the closing handshake, for which a page may take its time.
  const over = new AbortController();
  const finish = () => {
    stopBeat();
    idle.stop();
    window.close();
    over.abort();
  };
  const idle = new IdleWatch(clock, idleMs, () => {
    end(socket, idleEnd(idleMs));
    finish();
  });
  const stopBeat = every(clock, pingMs, () => tell(socket, { type: "alive" }));
  watchClient(socket, clock, pingMs);
  socket.on("error", (error) => logger.debug("the connection of a terminal failed", { cluster, error }));
  socket.once("close", finish);
  // What is typed before the terminal is there waits for it.
  takeInOrder(socket, async (data, binary) => {
    const stream = await opened.promise;
    if (stream === undefined) return;
    if (binary) {
      idle.seen();
      const stopAssuming = every(clock, heldInputMs, () => window.assumeShown());
      await stream.write(data);
      stopAssuming();
    } else await obey(stream, data.toString("utf8"), window).catch((error: unknown) => refuse(socket, error));
  });
  try {
    const query = asked.query();
    await sessions.run(cluster, query, by, over.signal, async (session) => {
      opened.resolve(session.stream);
      tell(socket, hello(cluster, query, session, idleMs));
      await pass(socket, session.stream, window, idle);
    });
  } catch (error) {
    opened.resolve(undefined);
    if (socket.readyState === socket.OPEN) logger.debug("a terminal ended", { cluster, error });
    end(socket, error);
  } finally {
    idle.stop();
  }
}

async function obey(stream: ExecStream, text: string, window: OutputWindow): Promise<void> {
  const message = readPageMessage(text);
  if (message.type === "shown") window.shown(message.bytes);
  else await stream.resize({ rows: message.rows, columns: message.columns });
}

/** Tells the page what is wrong with its message. The session goes on. */
function refuse(socket: WebSocket, error: unknown): void {
  tell(socket, refusalOf(error).message);
}

/** Until the returned function is called. */
function every(clock: Clock, ms: number, act: () => void): () => void {
  let cancel = () => {};
  const arm = () => {
    cancel = clock.after(
      ms,
      () => {
        act();
        arm();
      },
      { background: true },
    );
  };
  arm();
  return () => cancel();
}

const hello = (cluster: string, query: ConsoleQuery, { node }: ConsoleSession, idleMs: number): ConsoleMessage => ({
  type: "session",
  cluster,
  node,
  title: consoleTitle(query),
  idle_seconds: Math.round(idleMs / 1_000),
});

async function pass(socket: WebSocket, stream: ExecStream, window: OutputWindow, idle: IdleWatch): Promise<void> {
  for await (const event of stream.events()) {
    if (event.kind === "exit") tell(socket, { type: "exit", code: event.code, signal: event.signal });
    if (event.kind !== "stdout" && event.kind !== "stderr") continue;
    idle.seen();
    window.sent(event.data.length);
    await sent(socket, event.data);
    await window.room();
  }
  socket.close(normal, "the command has ended");
}

function end(socket: WebSocket, error: unknown): void {
  if (socket.readyState !== socket.OPEN) return;
  const { message, closeCode, reason } = refusalOf(error);
  tell(socket, message);
  socket.close(closeCode, reason);
}

function tell(socket: WebSocket, message: ConsoleMessage): void {
  if (socket.readyState === socket.OPEN) socket.send(messageFrame(message));
}
