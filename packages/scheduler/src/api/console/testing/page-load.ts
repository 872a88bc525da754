// Loads a page in Chromium while other tests make networks on this machine: when an address comes or goes, Chromium gives up
// what it loads just then, and a page without its script stays empty.
import type { Page, Request } from "playwright-core";

const attempts = 20;

/** True of Chromium's words about a request that it gave up because of an address of the machine. */
export const isNetworkChange = (words: string) => words.includes("ERR_NETWORK_CHANGED");

/** Opens the address, anew for as long as something of the page was given up. */
export async function loadPage(page: Page, url: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    let givenUp = false;
    const failed = (request: Request) => {
      givenUp ||= isNetworkChange(request.failure()?.errorText ?? "");
    };
    page.on("requestfailed", failed);
    try {
      await page.goto(url);
    } catch (error) {
      if (!isNetworkChange(String(error)) || attempt === attempts) throw error;
      givenUp = true;
    } finally {
      page.off("requestfailed", failed);
    }
    if (!givenUp || attempt === attempts) return;
    // The same address with a fragment would load nothing.
    await page.goto("about:blank");
  }
}
