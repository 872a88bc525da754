import { expect, test } from "vitest";
import { webPageRefusal } from "./web-page.ts";

const names = ["devbox", "mesos.internal"];

test.each<readonly [string, Record<string, string>]>([
  ["a client by address", { host: "127.0.0.1:5050" }],
  ["a client by an IPv6 address", { host: "[::1]:5050" }],
  ["a client by this host's name", { host: "DevBox:5050" }],
  ["a client by the name of -listen", { host: "mesos.internal" }],
  ["localhost", { host: "localhost.:5050" }],
  ["HTTP/1.0 without Host", {}],
  ["a page of its own", { host: "127.0.0.1:5050", origin: "http://127.0.0.1:5050", "sec-fetch-site": "same-origin" }],
  ["an address typed by a person", { host: "127.0.0.1:5050", "sec-fetch-site": "none" }],
  [
    "a link that a person followed",
    { host: "127.0.0.1:5050", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
  ],
])("%s is answered", (_title, headers) => {
  expect(webPageRefusal(headers, { method: "GET", names })).toBeUndefined();
});

test.each<readonly [string, Record<string, string>, RegExp]>([
  ["a rebound name", { host: "rebound.attacker.example:5050" }, /for this host.*attacker/],
  ["a rebound name that is its own origin", { host: "a.example:1", origin: "http://a.example:1" }, /for this host/],
  ["a name that only begins like an address", { host: "127.0.0.1.attacker.example" }, /for this host/],
  ["another origin", { host: "127.0.0.1:5050", origin: "http://attacker.example" }, /attacker\.example/],
  ["another port", { host: "127.0.0.1:5050", origin: "http://127.0.0.1:3000" }, /3000/],
  ["no origin at all", { host: "127.0.0.1:5050", origin: "null" }, /null/],
  [
    "a script that is embedded",
    { host: "127.0.0.1:5050", "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" },
    /pages/,
  ],
  ["a form", { host: "127.0.0.1:5050", "sec-fetch-site": "same-site", "sec-fetch-mode": "navigate" }, /pages/],
])("%s is refused", (title, headers, words) => {
  expect(webPageRefusal(headers, { method: title === "a form" ? "POST" : "GET", names })).toMatch(words);
});
