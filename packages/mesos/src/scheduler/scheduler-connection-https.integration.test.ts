import { type LogContext, silentLogger } from "@cke/foundation";
import { afterEach, describe, expect, test } from "vitest";
import { AsyncQueue } from "../testing/async-queue.ts";
import { SchedulerHarness, subscribed } from "../testing/scheduler-harness.ts";
import { selfSignedCertificate } from "../testing/self-signed-certificate.ts";

const harness = new SchedulerHarness();
afterEach(() => harness.stop());

describe("https", () => {
  const certificate = selfSignedCertificate();

  test("B23: trusts the given authority, on the stream and for calls, and is not led to plain http", async () => {
    const [plain, mesos] = [await harness.master(), await harness.master({ tls: certificate })];
    const { connection, events } = harness.connect([mesos.endpoint], { ca: certificate.cert });
    (await mesos.subscriptions.next()).answer({
      status: 307,
      headers: { Location: `http://127.0.0.1:${plain.port}/api/v1/scheduler` },
    });
    (await mesos.subscriptions.next()).accept(subscribed());
    await events.next();
    expect(await connection.call({ type: "REVIVE" })).toEqual({ kind: "accepted", status: 202 });
    expect(plain.subscriptions.pending).toEqual([]);
  });

  test("B1: the first calls arrive in order, over one connection, although TLS is loaded only then", async () => {
    const mesos = await harness.master({ tls: certificate });
    const { connection, events } = harness.connect([mesos.endpoint], { ca: certificate.cert });
    (await mesos.subscriptions.next()).accept(subscribed());
    await events.next();
    await Promise.all([
      connection.call({ type: "SUPPRESS" }),
      connection.call({ type: "REVIVE" }),
      connection.call({ type: "SUPPRESS" }),
    ]);
    const received = [await mesos.calls.next(), await mesos.calls.next(), await mesos.calls.next()];
    expect(received.map(({ type }) => type)).toEqual(["SUPPRESS", "REVIVE", "SUPPRESS"]);
    expect(new Set(received.map(({ connection }) => connection)).size).toBe(1);
  });

  test.each([
    ["an unknown authority", undefined],
    ["another authority", selfSignedCertificate().cert],
  ])("B23: sends nothing to a master of %s", async (_what, ca) => {
    const mesos = await harness.master({ tls: certificate });
    const reasons = new AsyncQueue<unknown>();
    const logger = { ...silentLogger, warning: (_message: string, fields?: LogContext) => reasons.put(fields?.reason) };
    harness.connect([mesos.endpoint], { logger, ...(ca === undefined ? {} : { ca }) });
    expect(await reasons.next()).toMatch(/certificate/);
    expect(mesos.subscriptions.pending).toEqual([]);
  });
});

describe("https with names and client certificates", () => {
  test("B23: a certificate of a trusted authority for another host is refused", async () => {
    const elsewhere = selfSignedCertificate({ address: "127.0.0.2" });
    const mesos = await harness.master({ tls: elsewhere });
    const reasons = new AsyncQueue<unknown>();
    const logger = { ...silentLogger, warning: (_message: string, fields?: LogContext) => reasons.put(fields?.reason) };
    harness.connect([mesos.endpoint], { logger, ca: elsewhere.cert });
    expect(await reasons.next()).toMatch(/does not match certificate/);
    expect(mesos.subscriptions.pending).toEqual([]);
  });

  test("B23: a master that asks for a client certificate gets it, and nobody else is served", async () => {
    const [server, client] = [selfSignedCertificate(), selfSignedCertificate()];
    const tls = { ...server, ca: client.cert, requestCert: true, rejectUnauthorized: true };
    const mesos = await harness.master({ tls });
    const reasons = new AsyncQueue<unknown>();
    const logger = { ...silentLogger, warning: (_message: string, fields?: LogContext) => reasons.put(fields?.reason) };
    const without = harness.connect([mesos.endpoint], { ca: server.cert, logger });
    expect(await reasons.next()).toMatch(/certificate required|socket hang up|ECONNRESET/);
    await without.connection.stop();
    expect(mesos.subscriptions.pending).toEqual([]);
    const { connection, events } = harness.connect([mesos.endpoint], { ca: server.cert, certificate: client });
    (await mesos.subscriptions.next()).accept(subscribed());
    await events.next();
    expect(await connection.call({ type: "REVIVE" })).toEqual({ kind: "accepted", status: 202 });
  });
});
