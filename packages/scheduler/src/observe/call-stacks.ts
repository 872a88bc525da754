// The text of GET /stack: every thread's JavaScript stack, the activities under way, and the event loop's handles.
// JavaScript has no list of suspended async functions. Instead, this shows the tracked activities with the stack that began
// them, and threads and handles from Node's diagnostic report (without its environment section, which may contain secrets).
import { z } from "zod";
import type { ActivityTracker } from "./activity-tracker.ts";

const stackSchema = z.object({ message: z.string().optional(), stack: z.array(z.string()).optional() }).optional();
const handleSchema = z.looseObject({ type: z.string(), is_active: z.boolean().optional() });
const threadSchema = z.object({
  header: z.object({ threadId: z.number().nullish() }),
  javascriptStack: stackSchema,
  libuv: z.array(z.looseObject({ type: z.string().optional() })),
});
const reportSchema = threadSchema.extend({ workers: z.array(threadSchema).optional() });

/** Renders the current state; takes some milliseconds. */
export function callStacks(tracker: ActivityTracker, pid = process.pid): string {
  // Otherwise the report looks up every peer's name in the DNS, synchronously. (Since Node 22.13; missing in its types.)
  Reflect.set(process.report, "excludeNetwork", true);
  const report = reportSchema.parse(process.report.getReport(new Error("GET /stack")));
  const sections = [`cke-scheduler pid ${pid}, up ${process.uptime().toFixed(0)} s, ${new Date().toISOString()}`];
  for (const [index, thread] of [report, ...(report.workers ?? [])].entries()) {
    const name = index === 0 ? "main thread" : `worker thread ${thread.header.threadId ?? index}`;
    const stack = thread.javascriptStack?.stack ?? [];
    sections.push(section(`${name}: JavaScript stack`, stack.length === 0 ? ["(no JavaScript running)"] : stack));
    sections.push(section(`${name}: handles of the event loop`, thread.libuv.flatMap(describeHandle)));
  }
  const pending = tracker.pending().map(({ name, ageMs, stack }) => {
    const begun = stack === undefined || stack === "" ? "" : `\n${stack}`;
    return `${name}, since ${(ageMs / 1000).toFixed(3)} s${begun}`;
  });
  sections.push(section("activities under way, oldest first", pending.length === 0 ? ["(none)"] : pending));
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
  const resources = [...counts].map(([type, count]) => `${count} x ${type}`);
  sections.push(section("resources that keep the process alive", resources));
  return `${sections.join("\n\n")}\n`;
}

function section(title: string, lines: readonly string[]): string {
  return `== ${title} ==\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

function describeHandle(handle: unknown): string[] {
  const parsed = handleSchema.safeParse(handle);
  if (!parsed.success || parsed.data.is_active === false || parsed.data.type === "loop") return [];
  const { type, is_active: _active, address: _address, is_referenced: referenced, ...details } = parsed.data;
  const fields = Object.entries(details)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${name}=${describe(value)}`);
  return [`${type}${referenced === false ? " (background)" : ""} ${fields.join(" ")}`.trimEnd()];
}

const endpointSchema = z.object({ ip4: z.string().optional(), ip6: z.string().optional(), port: z.number() });

function describe(value: unknown): string {
  const endpoint = endpointSchema.safeParse(value);
  if (endpoint.success) return `${endpoint.data.ip4 ?? `[${endpoint.data.ip6 ?? ""}]`}:${endpoint.data.port}`;
  return typeof value === "string" ? value : JSON.stringify(value);
}
