// A real browser without a window, as an operator has one. Chromium is Debian's.
import { type Browser, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

/** Of text that a page shows, in milliseconds: the machine may be busy. */
const patience = { timeout: 300_000 };

export class TestBrowser {
  readonly #browser: Browser;
  /** What the browser complained of: its policy, scripts that fail. */
  readonly complaints: string[] = [];

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async start(): Promise<TestBrowser> {
    const args = ["--no-sandbox", "--disable-dev-shm-usage"];
    return new TestBrowser(await chromium.launch({ executablePath: "/usr/bin/chromium", args }));
  }

  async open(url: string): Promise<TestPage> {
    const page = await this.#browser.newPage({ viewport: { width: 1_200, height: 800 } });
    page.setDefaultTimeout(patience.timeout);
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => void this.complaints.push(error.message));
    await page.goto(url);
    return new TestPage(page);
  }

  async stop(): Promise<void> {
    await this.#browser.close();
  }
}

export class TestPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Waits until the part of the page shows it. */
  async sees(words: string | RegExp, part = "body"): Promise<void> {
    await expect.poll(() => this.page.textContent(part), patience).toMatch(words);
  }

  /** A line into the terminal. */
  async types(line: string): Promise<void> {
    await this.page.keyboard.type(line);
    await this.page.keyboard.press("Enter");
  }

  async terminalShows(words: string | RegExp): Promise<void> {
    await this.sees(words, ".xterm-rows");
  }

  async press(button: string): Promise<void> {
    await this.page.getByRole("button", { name: button, exact: true }).last().click();
  }

  async follow(link: string): Promise<void> {
    await this.page.getByRole("link", { name: link, exact: true }).first().click();
  }

  async close(): Promise<void> {
    await this.page.close();
  }
}
