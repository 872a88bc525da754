// The dashboard in a real browser, over an API of a cluster that is played here: what it shows of odd, many and changing objects, of
// refusals, and without a mouse. With a real cluster: test/e2e/console.test.ts.
import { type Browser, type BrowserContext, chromium, type Page, type WebSocketRoute } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { webPages } from "../../boot/web-pages.ts";
import { type ApiFixture, createApiFixture } from "../testing/api-fixture.ts";
import { checkout } from "./testing/console-fixture.ts";
import { isNetworkChange, loadPage } from "./testing/page-load.ts";

type Objects = readonly Readonly<Record<string, unknown>>[];
interface Refusal {
  readonly status: number;
  readonly message: string;
}

let api: ApiFixture;
let url = "";
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** What the cluster's API answers, by path below …/apiserver. */
let answers: Record<string, Objects | Refusal> = {};
let watches: Map<string, WebSocketRoute> = new Map();
let asked: string[] = [];
let complaints: string[] = [];

beforeAll(async () => {
  api = await createApiFixture({ pages: webPages(checkout) });
  await api.service.create({ cluster_name: "my" });
  const { port } = await api.server.listen("127.0.0.1:0");
  url = `http://127.0.0.1:${port}/k8s/v1/clusters/my`;
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"], timeout: 240_000 });
});
beforeEach(async () => {
  [answers, watches, asked, complaints] = [{}, new Map(), [], []];
  context = await browser.newContext();
  context.setDefaultTimeout(240_000);
  page = await context.newPage();
  page.on("console", (message) => {
    const words = message.text();
    const isOurs = !words.includes("the server responded") && !isNetworkChange(words);
    if (message.type() === "error" && isOurs) complaints.push(words);
  });
  page.on("pageerror", (error) => void complaints.push(error.message));
  const pathOf = (address: string) => new URL(address).pathname.replace(/^.*\/apiserver/, "");
  await page.route("**/apiserver/**", async (route) => {
    const path = pathOf(route.request().url());
    asked.push(`${route.request().method()} ${path} ${route.request().postData() ?? ""}`.trim());
    expect(route.request().headers().authorization).toBe("Bearer token-of-my");
    const answer = answers[path] ?? [];
    if ("status" in answer) await route.fulfill({ status: answer.status, json: { message: answer.message } });
    else await route.fulfill({ json: { metadata: { resourceVersion: "1" }, items: answer } });
  });
  await page.routeWebSocket(/apiserver/, (socket) => void watches.set(pathOf(socket.url()), socket));
});
afterEach(async () => {
  expect(complaints).toEqual([]);
  await context.close();
});
afterAll(async () => {
  await browser?.close();
  await api?.close();
});

const pod = (name: string, more: Readonly<Record<string, unknown>> = {}) => ({
  metadata: { uid: name, name, namespace: "shop", creationTimestamp: new Date().toISOString() },
  spec: { containers: [{ name: "c" }] },
  status: { phase: "Pending" },
  ...more,
});
const pods = "/api/v1/pods";
const open = (view: string) => loadPage(page, `${url}/console/dashboard#/${view}`);
const sees = (words: string | RegExp, part = "main") => expect.poll(() => page.textContent(part)).toMatch(words);
const focused = () => page.evaluate("document.activeElement.textContent");

test("what comes from the cluster is text, whatever is in it", async () => {
  const message = "<img src=x onerror=document.title='taken'><script>document.title='taken'</script>";
  answers["/api/v1/events"] = [{ metadata: { uid: "e" }, type: "Warning", reason: "<b>", message, involvedObject: {} }];
  await open("events");
  await sees(message);
  expect(await page.title()).toBe("Events · my");
  expect(await page.locator("main img, main script, main b").count()).toBe(0);
});

test("what changes is shown by a watch, without another question", async () => {
  answers[pods] = [pod("one")];
  await open("pods");
  await sees("one");
  await expect.poll(() => watches.has(pods)).toBe(true);
  watches.get(pods)?.send(JSON.stringify({ type: "ADDED", object: pod("two") }));
  await sees("two");
  watches.get(pods)?.send(JSON.stringify({ type: "DELETED", object: pod("one") }));
  await expect.poll(() => page.textContent("tbody")).not.toContain("one");
  expect(asked.filter((one) => one === `GET ${pods}`)).toHaveLength(1);
});

test("a refusal is shown in the cluster's words, and what was known stays", async () => {
  answers[pods] = [pod("known")];
  await open("pods");
  await sees("known");
  await expect.poll(() => watches.has(pods)).toBe(true);
  answers[pods] = { status: 503, message: "etcd is away" };
  await watches.get(pods)?.close();
  await sees("etcd is away", "[role=alert]");
  await sees("known");
  answers[pods] = [pod("recovered")];
  await sees("recovered");
  await expect.poll(() => page.locator("[role=alert]").count()).toBe(0);
});

test("a service with its pods, and a pod with its containers", async () => {
  const service = { metadata: { uid: "s", name: "web", namespace: "shop" }, spec: { selector: { app: "web" } } };
  answers["/api/v1/namespaces/shop/services"] = [service];
  answers["/api/v1/namespaces/shop/pods"] = [pod("web-1", { spec: { containers: [{ name: "main", image: "x:1" }] } })];
  await open("services/shop/web");
  await page.getByRole("link", { name: "web-1" }).click();
  await sees(/main\s*x:1/, "table");
  await page.goBack();
  await sees("app=web", "dl");
});

test("five thousand pods: found by a word, sorted by a column", async () => {
  answers[pods] = Array.from({ length: 5_000 }, (_, index) => pod(`web-${index}`));
  await open("pods");
  await sees("The first 500 are shown");
  await page.getByLabel("Find").fill("web-4321");
  await sees("1 of 5000");
  await page.getByLabel("Find").fill("");
  await page.getByRole("button", { name: "Name", exact: true }).click();
  await page.getByRole("button", { name: "Name", exact: true }).click();
  await expect.poll(() => page.textContent("tbody tr")).toContain("web-4999");
  expect(await page.getAttribute("th:nth-child(2)", "aria-sort")).toBe("descending");
});

test("without a mouse: to a pod, delete it after all not, then do", async () => {
  answers[pods] = [pod("one")];
  answers["/api/v1/namespaces/shop/pods"] = [pod("one")];
  await open("overview");
  await sees("Pods that are not well");
  await page.getByRole("link", { name: "Pods", exact: true }).focus();
  await page.keyboard.press("Enter");
  // The overview has the same link, until the list takes its place.
  await page.getByLabel("Find").waitFor();
  await page.getByRole("link", { name: "one" }).focus();
  await page.keyboard.press("Enter");
  await sees("shop/one", "h2");
  await page.getByRole("button", { name: "Delete" }).focus();
  await page.keyboard.press("Enter");
  await sees("Delete pod one?", "dialog");
  await expect.poll(focused).toBe("Cancel");
  await page.keyboard.press("Escape");
  await expect.poll(() => page.locator("dialog").count()).toBe(0);
  await expect.poll(focused).toBe("Delete");
  answers["/api/v1/namespaces/shop/pods/one"] = { status: 403, message: "not this one" };
  await page.keyboard.press("Enter");
  await page.locator("dialog button[type=submit]").focus();
  await page.keyboard.press("Enter");
  await sees("not this one", "dialog [role=alert]");
  delete answers["/api/v1/namespaces/shop/pods/one"];
  await page.keyboard.press("Enter");
  await expect.poll(() => page.locator("dialog").count()).toBe(0);
  const deletion = asked.findLast((one) => one.startsWith("DELETE"));
  expect(deletion).toContain("/api/v1/namespaces/shop/pods/one");
  expect(deletion).toContain('"propagationPolicy":"Background"');
});

test("a token that is good no longer is asked for again, once", async () => {
  let tokens = 0;
  await page.route("**/adminToken", async (route) => {
    tokens += 1;
    await route.continue();
  });
  answers["/api/v1/services"] = { status: 401, message: "Unauthorized" };
  await open("services");
  await sees("Unauthorized", "[role=alert]");
  expect(tokens).toBeGreaterThanOrEqual(2);
});

test.each(["light", "dark"] as const)("in %s colours, on a narrow screen too", async (colorScheme) => {
  answers[pods] = [pod("one")];
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width: 400, height: 700 });
  await open("pods");
  await sees("one");
  const background = await page.evaluate("getComputedStyle(document.body).backgroundColor");
  expect(background).toBe(colorScheme === "dark" ? "rgb(17, 21, 26)" : "rgb(255, 255, 255)");
  expect(await page.evaluate("document.documentElement.scrollWidth <= 400")).toBe(true);
});
