// A program: connections over a network that fails meanwhile. `serve PORT`: answers each connection with the client's address, then echoes.
// `connect ADDRESS PORT [SOURCE]`: a new connection each 50 ms and one long connection with a word each 20 ms, until its input ends; then it prints
// what it saw as JSON.
import { connect, createServer, type Socket } from "node:net";

/** A connection that has not been answered after this time has failed. */
const patienceMs = 500;

export interface Attempt {
  /** Time of its begin, in ms since the UNIX epoch. */
  readonly at: number;
  readonly ok: boolean;
}

export interface ProbeReport {
  readonly attempts: readonly Attempt[];
  /** Addresses that the server saw. */
  readonly seen: readonly string[];
  /** Longest time between two answers of the long connection, and whether it has ended. */
  readonly longestMs: number;
  readonly broken: string;
  readonly echoes: number;
}

function serve(port: number): void {
  createServer((socket) => {
    socket.on("error", () => {});
    socket.write(`${socket.remoteAddress?.replace(/^::ffff:/, "")}\n`);
    socket.pipe(socket);
  }).listen(port, () => process.stdout.write("ready\n"));
}

interface Goal {
  readonly host: string;
  readonly port: number;
  /** The own address; absent: as the routes say. */
  readonly localAddress?: string;
}

async function attempt(goal: Goal, seen: Set<string>): Promise<Attempt> {
  const at = Date.now();
  const ok = await new Promise<boolean>((resolve) => {
    const socket = connect(goal);
    const end = (result: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => end(false), patienceMs);
    socket.on("error", () => end(false));
    socket.on("data", (data) => {
      seen.add(data.toString().trim());
      end(true);
    });
  });
  return { at, ok };
}

function probe(goal: Goal): void {
  const attempts: Promise<Attempt>[] = [];
  const seen = new Set<string>();
  let [longestMs, last, broken, echoes] = [0, Date.now(), "", 0];
  const long: Socket = connect({ ...goal, noDelay: true }, () => {
    last = Date.now();
  });
  long.on("error", (error) => {
    broken = error.message;
  });
  long.on("close", () => {
    broken ||= "closed";
  });
  long.on("data", () => {
    longestMs = Math.max(longestMs, Date.now() - last);
    last = Date.now();
    if (echoes === 0) process.stdout.write("ready\n");
    echoes += 1;
  });
  const words = setInterval(() => long.write("."), 20);
  const news = setInterval(() => attempts.push(attempt(goal, seen)), 50);
  process.stdin.resume();
  process.stdin.on("end", async () => {
    clearInterval(news);
    const report: ProbeReport = {
      attempts: await Promise.all(attempts),
      ...{ seen: [...seen], longestMs: Math.max(longestMs, Date.now() - last), broken, echoes },
    };
    clearInterval(words);
    process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
  });
}

const [mode, ...rest] = process.argv.slice(2);
if (mode === "serve") serve(Number(rest[0]));
else if (mode === "connect") {
  const [host = "", port, localAddress] = rest;
  probe({ host, port: Number(port), ...(localAddress === undefined ? {} : { localAddress }) });
}
