// The terminal page in a real browser, over a real wrapper with real terminals.
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { ConsoleFixture } from "./testing/console-fixture.ts";
import { isNetworkChange, loadPage } from "./testing/page-load.ts";

let lab: ConsoleFixture;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** What the browser complains of: its policy, scripts that fail. */
let complaints: string[] = [];

beforeAll(async () => {
  lab = await ConsoleFixture.start();
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"], timeout: 240_000 });
});
beforeEach(async () => {
  complaints = [];
  context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
  context.setDefaultTimeout(240_000);
  page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error" && !isNetworkChange(message.text())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => void complaints.push(error.message));
});
afterEach(async () => {
  await context.close();
  await lab.nothingLeft();
});
afterAll(async () => {
  await browser?.close();
  await lab?.stop();
});

const status = (words: string | RegExp) => expect.poll(() => page.textContent("#status")).toMatch(words);
const screen = (words: string | RegExp) => expect.poll(() => page.textContent(".xterm-rows")).toMatch(words);
const open = async (query = "node=n0", base = lab.url) => {
  await loadPage(page, `${base}/k8s/v1/clusters/my/console/kubectl?${query}`);
};
/** The value of an expression in the page. */
const inPage = async (expression: string) => String(await page.evaluate(expression));
const type = async (text: string) => {
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
};

test("what is typed is answered, and nothing is against the page's policy", async () => {
  await open();
  await status("Connected, in node n0");
  expect(await page.title()).toBe("node n0 · my");
  await type("echo answer-$((40 + 2)); printf '\\033[38;2;10;200;30mgreen\\033[0m\\n'");
  await screen("answer-42");
  await screen("green");
  const spans = `[...document.querySelectorAll(".xterm-rows span")]`;
  const green = `getComputedStyle(${spans}.find((span) => span.textContent === "green") ?? document.body).color`;
  await expect.poll(() => inPage(green)).toMatch(/^rgb\(\d{1,2}, \d{2,3}, \d{1,2}\)$/);
  expect(complaints).toEqual([]);
});

test("through a follower, and in light and dark", async () => {
  const colourOf = (selector: string) => () =>
    inPage(`getComputedStyle(document.querySelector("${selector}")).backgroundColor`);
  const background = colourOf("body");
  const terminal = colourOf(".xterm-scrollable-element");
  await page.emulateMedia({ colorScheme: "dark" });
  await open("node=n0", lab.follower.url);
  await status("Connected");
  expect(await background()).toBe("rgb(17, 21, 26)");
  await expect.poll(terminal).toBe("rgb(17, 21, 26)");
  await page.emulateMedia({ colorScheme: "light" });
  expect(await background()).toBe("rgb(255, 255, 255)");
  await expect.poll(terminal).toBe("rgb(255, 255, 255)");
  expect(complaints).toEqual([]);
});

test("the terminal has the size of the window, also when it changes", async () => {
  await page.setViewportSize({ width: 1_000, height: 600 });
  await open();
  await status("Connected");
  let asked = 0;
  /** Rows and columns as the shell sees them. Each answer has a number of its own, so that none of before is taken for it. */
  const size = async (): Promise<readonly number[]> => {
    asked += 1;
    await type(`clear; echo "<${asked}:$(stty size)>"`);
    const answer = new RegExp(`<${asked}:(\\d+) (\\d+)>`);
    let found: readonly number[] = [];
    const look = async () => {
      found = (answer.exec((await page.textContent(".xterm-rows")) ?? "")?.slice(1) ?? []).map(Number);
      return found.length;
    };
    await expect.poll(look).toBe(2);
    return found;
  };
  const [rows = 0, columns = 0] = await size();
  await page.setViewportSize({ width: 500, height: 300 });
  await expect.poll(async () => ((await size())[1] ?? 999) < columns - 20).toBe(true);
  await expect.poll(async () => ((await size())[0] ?? 999) < rows).toBe(true);
});

test("a connection that is lost is made again, with a new session, and the page says so", async () => {
  await open();
  await status("Connected");
  await type("KEPT=yes; echo first-$KEPT");
  await screen("first-yes");
  lab.api.server.stepDown();
  await screen("A new session in node n0");
  await status("Connected");
  await type("echo second-$KEPT-");
  await screen("second--");
});

test("a connection that has died without a word is noticed", async () => {
  await page.clock.install();
  let connections = 0;
  await page.routeWebSocket(/console\/kubectl\/ws/, (socket) => {
    connections += 1;
    socket.send(JSON.stringify({ type: "session", cluster: "my", node: "n0", title: "node n0", idle_seconds: 60 }));
  });
  await open();
  await status("Connected");
  await page.clock.fastForward(40_000);
  await status("Connected");
  await page.clock.fastForward(10_000);
  await status("The connection is lost");
  await page.clock.fastForward(2_000);
  await status("Connected");
  expect(connections).toBe(2);
});

test("Ctrl+C is not behind a flood of output", async () => {
  let bytes = 0;
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => {
      bytes += payload.length;
    });
  });
  await open();
  await status("Connected");
  await type("yes");
  await screen(/(y\s*){20}/);
  const before = bytes;
  await page.keyboard.press("Control+C");
  await type("clear; echo after-$((40 + 2))");
  await screen("after-42");
  // What was on its way, and no more: the command waits for what the page has not drawn yet.
  expect(before).toBeGreaterThan(0);
  expect(bytes - before).toBeLessThan(2_000_000);
});

test("a shell that ends is followed by a new one when Enter is pressed", async () => {
  await open();
  await status("Connected");
  await type("exit 3");
  await screen("ended with exit code 3");
  await status("ended with exit code 3");
  await page.keyboard.press("Enter");
  await status("Connected");
  await type("echo again-$((1 + 1))");
  await screen("again-2");
});

test("a refusal is shown in words, and not tried again by itself", async () => {
  await open("node=none");
  await status("none");
  await screen("Press Enter for a new session");
});

test("everything goes by keyboard: copy, paste, the bar and back", async () => {
  await open();
  await status("Connected");
  await type("echo to-be-copied");
  await screen(/to-be-copied.*to-be-copied/s);
  await page.keyboard.press("Control+Shift+C");
  const clipboard = () => inPage("navigator.clipboard.readText()");
  await expect.poll(clipboard).toContain("to-be-copied\n");
  await page.keyboard.press("Alt+F10");
  expect(await inPage("document.activeElement.id")).toBe("again");
  await page.keyboard.press("Escape");
  await inPage("navigator.clipboard.writeText('echo pasted-$((2 + 3))')");
  await page.keyboard.press("Alt+F10");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  expect(await inPage("document.activeElement.id")).toBe("paste");
  await page.keyboard.press("Enter");
  await screen("echo pasted-");
  await page.keyboard.press("Enter");
  await screen("pasted-5");
});
