// Sessions of terminals with a real wrapper: their limit, their ends, and that nothing of them is left.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ConsoleFixture, type Session } from "./testing/console-fixture.ts";

let lab: ConsoleFixture;
let sessions: Session[] = [];
beforeAll(async () => {
  lab = await ConsoleFixture.start({ consoleIdleMs: 3_600_000 });
});
afterEach(async () => {
  for (const { socket } of sessions) if (socket.readyState === socket.OPEN) socket.terminate();
  sessions = [];
  await lab.nothingLeft();
});
afterAll(() => lab.stop());

const open = (query: string, base?: string, cluster?: string) => {
  const session = lab.open(query, base, cluster);
  sessions.push(session);
  return session;
};

const openSessions = async (url: string) =>
  /^cke_console_sessions (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1];

describe.each(["leader", "follower"])("a shell in a node, through the %s", (who) => {
  const base = () => (who === "leader" ? lab.url : lab.follower.url);

  test("takes input, has the terminal's size, and ends with its shell", async () => {
    const shell = open("node=n0&rows=33&columns=99", base());
    shell.type("stty size; echo $TERM; tty\n");
    await shell.sees("33 99\r\nxterm-256color\r\n/dev/pts/");
    expect(shell.told[0]).toEqual({
      type: "session",
      cluster: "my",
      node: "n0",
      title: "node n0",
      idle_seconds: 3_600,
    });
    shell.say({ type: "resize", rows: 50, columns: 120 });
    await expect
      .poll(
        () => {
          shell.type("stty size\n");
          return shell.text;
        },
        { interval: 200 },
      )
      .toContain("50 120");
    shell.type("exit 7\n");
    expect(await shell.closed).toBe("1000 the command has ended");
    expect(shell.told.at(-1)).toEqual({ type: "exit", code: 7, signal: "" });
  });

  test("ends with all that it has started when the page goes away", async () => {
    const shell = await open("node=n0", base()).begun();
    shell.type("nohup setsid sleep 1000 & trap '' HUP; echo ready:$!\n");
    await shell.sees(/ready:\d+/);
    shell.socket.terminate();
    await lab.nothingLeft();
  });
});

test("what a page does not draw holds up the command, and costs no memory here", async () => {
  const flood = await open("node=n0").begun();
  flood.socket.removeAllListeners("message");
  let bytes = 0;
  flood.socket.on("message", (data: Buffer) => {
    bytes += data.length;
  });
  flood.type("yes\n");
  await expect.poll(() => bytes).toBeGreaterThan(400_000);
  const before = bytes;
  flood.say({ type: "shown", bytes: 100_000 });
  await expect.poll(() => bytes).toBeGreaterThan(before);
  expect(bytes).toBeLessThan(1_000_000);
});

test("a large paste comes through, though what the page draws is told behind it", async () => {
  const shell = await open("node=n0").begun();
  shell.type("stty -echo; echo re''ady; cat\n");
  await shell.sees("ready\r\n");
  const lines = `${"x".repeat(63)}\n`.repeat(256);
  for (let bytes = 0; bytes < 4_000_000; bytes += lines.length) shell.socket.send(Buffer.from(lines));
  shell.type("the last line\n");
  await expect.poll(() => shell.text.endsWith("the last line\r\n")).toBe(true);
});

describe("refused with a code that a page can read", () => {
  test("the eleventh session of a cluster, until one of the ten has ended", async () => {
    const ten = await Promise.all(Array.from({ length: 10 }, () => open("node=n0").begun()));
    const late = open("node=n0");
    expect(await late.closed).toBe("4429 too_many_sessions");
    expect(late.told).toEqual([
      { type: "error", code: "too_many_sessions", error: expect.stringContaining('cluster "my" has 10 terminals') },
    ]);
    expect(await openSessions(lab.url)).toBe("10");
    // A follower passes terminals on, and has none.
    expect(await openSessions(lab.follower.url)).toBe("0");
    ten[0]?.type("exit\n");
    expect(await ten[0]?.closed).toMatch("1000");
    // It is counted until all of it has ended, which may be a moment later than its page knows.
    await expect.poll(() => openSessions(lab.url)).toBe("9");
    await open("node=n0").begun();
  });

  test.each([
    ["node=none", "my", "4404", '"none"'],
    ["node=n0", "other", "4404", '"other"'],
    ["pod=a&node=n0", "my", "4400", "node"],
    ["container=a", "my", "4400", "pod"],
    ["pod=-x", "my", "4400", "pod"],
    ["pod=a%3Brm", "my", "4400", "pod"],
    ["rows=0", "my", "4400", "rows"],
    ["nonsense=1", "my", "4400", "nonsense"],
  ])("%s in cluster %s: %s", async (query, cluster, code, words) => {
    const session = open(query, lab.url, cluster);
    expect(await session.closed).toContain(code);
    expect(session.told).toEqual([{ type: "error", code: expect.any(String), error: expect.stringContaining(words) }]);
  });

  test("a cluster of which nothing runs", async () => {
    const { nodes } = lab.api.service;
    lab.api.service.nodes = nodes.map((node) => ({ ...node, status: "staging" as const }));
    const session = open("");
    expect(await session.closed).toBe("4409 node_not_running");
    expect(session.told).toEqual([expect.objectContaining({ error: expect.stringContaining("state says why") })]);
    lab.api.service.running = false;
    const stopped = open("");
    expect(await stopped.closed).toBe("4409 node_not_running");
    const words = expect.stringContaining("is stopped, and POST /k8s/v1/clusters/my/start starts it");
    expect(stopped.told).toEqual([expect.objectContaining({ error: words })]);
    lab.api.service.running = true;
    lab.api.service.nodes = nodes;
  });
});

test("a node without an administrator's kubeconfig says so, in a session of its own", async () => {
  const session = open("");
  expect(await session.closed).toMatch("1000");
  expect(session.text).toContain("this node has no kubeconfig of an administrator");
});

test("a message that is no message is told of, and the session goes on", async () => {
  const shell = await open("node=n0").begun();
  shell.socket.send("no JSON");
  shell.say({ type: "resize", rows: 0, columns: 1 });
  await expect.poll(() => shell.told.length).toBe(3);
  expect(shell.told.slice(1).map(({ error }) => error)).toEqual([
    expect.stringContaining("must be JSON"),
    expect.stringContaining("rows"),
  ]);
  shell.type("echo still-$((40 + 2))\n");
  await shell.sees("still-42");
});

test("the page, its scripts and styles, with a policy that takes nothing from elsewhere", async () => {
  for (const base of [lab.url, lab.follower.url]) {
    const page = await fetch(`${base}/k8s/v1/clusters/my/console/kubectl?node=n0`);
    const html = await page.text();
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self' 'nonce-");
    expect(policy).not.toContain("unsafe");
    expect(html).not.toContain("CKE_NONCE");
    expect(html).toContain(/'nonce-([^']+)'/.exec(policy)?.[1]);
    const files = [...html.matchAll(/"(\/ui\/assets\/[^"]+)"/g)].map(([, path]) => path ?? "");
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      const asset = await fetch(`${base}${file}`);
      expect(asset.status).toBe(200);
      expect(asset.headers.get("content-encoding")).toBe("gzip");
      expect((await asset.text()).length).toBeGreaterThan(1_000);
      const again = await fetch(`${base}${file}`, { headers: { "if-none-match": asset.headers.get("etag") ?? "" } });
      expect(again.status).toBe(304);
    }
  }
});

test.each([
  ["/k8s/v1/clusters/other/console/kubectl", 404],
  ["/k8s/v1/clusters/my/console/kubectl?nonsense=1", 400],
  ["/k8s/v1/clusters/my/console/kubectl/ws", 426],
  ["/ui/assets/none.js", 404],
  ["/ui/assets/terminal.html", 404],
  ["/ui/assets/..%2Fpackage.json", 404],
])("GET %s: %d", async (path, status) => {
  const answer = await fetch(`${lab.url}${path}`);
  await answer.text();
  expect(answer.status).toBe(status);
});

test("a page of another site gets no session", async () => {
  const { WebSocket } = await import("ws");
  const url = `${lab.url.replace("http", "ws")}/k8s/v1/clusters/my/console/kubectl/ws?node=n0`;
  const socket = new WebSocket(url, { origin: "http://evil.example" });
  const status = await new Promise((resolve) => {
    socket.on("unexpected-response", (_request, answer) => resolve(answer.statusCode));
    socket.on("error", () => {});
  });
  expect(status).toBe(403);
});

test("a session that nobody uses is closed; one that writes is not", async () => {
  const hasty = await ConsoleFixture.start({ consoleIdleMs: 6_000 });
  try {
    const busy = await hasty.open("node=n0").begun();
    busy.type("while :; do echo tick; sleep 0.2; done\n");
    const lazy = await hasty.open("node=n0").begun();
    expect(await lazy.closed).toBe("4408 idle");
    expect(lazy.told.at(-1)).toMatchObject({ code: "idle", error: expect.stringContaining("6 seconds") });
    const ticks = busy.text.length;
    await expect.poll(() => busy.text.length).toBeGreaterThan(ticks + 20);
    busy.type("\x03");
    expect(await busy.closed).toBe("4408 idle");
    await hasty.nothingLeft();
  } finally {
    await hasty.stop();
  }
});

test("the end of the term is a code to connect again, and leaves nothing", async () => {
  const own = await ConsoleFixture.start();
  try {
    const session = await own.open("node=n0").begun();
    own.pair.channels.stop();
    expect(await session.closed).toBe("1012 not_leader");
    await own.nothingLeft();
  } finally {
    await own.stop();
  }
});
