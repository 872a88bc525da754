import { expect, test } from "vitest";
import { withoutSecrets } from "./redaction.ts";

const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlIn0.c2lnbmF0dXJl";

test.each([
  ["a -----BEGIN EC PRIVATE KEY-----\nMHcCAQ\n-----END EC PRIVATE KEY----- b", "a [private key] b"],
  ["cut off: -----BEGIN PRIVATE KEY-----\nMHcCAQ", "cut off: [private key]"],
  ["[… 9 bytes cut …]AQ==\nMHcCAQ\n-----END EC PRIVATE KEY----- b", "[… 9 bytes cut …][private key] b"],
  [`unauthorized: ${jwt}`, "unauthorized: [token]"],
  ["Authorization: Bearer 0123456789abcdef", "Authorization: Bearer […]"],
  ["GET https://me:pa55@registry.example/v2/: 401", "GET https://[…]@registry.example/v2/: 401"],
  ["--client-secret=abc123 --v=2", "--client-secret=[…] --v=2"],
  ['{"password": "abc", "user": "me"}', '{"password": "[…]", "user": "me"}'],
  ["open --token-auth-file=/etc/tokens.csv", "open --token-auth-file=/etc/tokens.csv"],
  ["--token=/run/token: no such file", "--token=/run/token: no such file"],
  ["invalid token: it has expired", "invalid token: it has expired"],
  ["panic: runtime error\ngoroutine 1 [running]:", "panic: runtime error\ngoroutine 1 [running]:"],
])("%j", (text, expected) => {
  expect(withoutSecrets(text)).toBe(expected);
});

test.each(["a.", "eyJ-", "-----BEGIN ", "x://a:", "token=", "bearer ", "password: ", "QUJD\n", "A", "A \n"])(
  "%j again and again takes no time",
  (part) => {
    const begin = process.cpuUsage();
    withoutSecrets(part.repeat(Math.ceil(65_536 / part.length)));
    const { user, system } = process.cpuUsage(begin);
    expect((user + system) / 1_000).toBeLessThan(500);
  },
);
