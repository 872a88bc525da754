// Health checks of command tasks: COMMAND, HTTP and TCP with Mesos' times and thresholds. Failures within the grace
// period count only after the first success; the callback says when the task is to be killed.
import { spawn } from "node:child_process";
import { connect } from "node:net";
import type { Clock } from "@cke/foundation";
import type { HealthCheck } from "@cke/mesos";

const defaults = { delay: 15, interval: 10, timeout: 20, grace: 10, failures: 3 };

interface HealthCheckerOptions {
  readonly check: HealthCheck;
  readonly clock: Clock;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** `giveUp` after too many failures in a row. */
  readonly onChange: (healthy: boolean, giveUp: boolean) => void;
}

export class HealthChecker {
  readonly #options: HealthCheckerOptions;
  readonly #stopping = new AbortController();
  #cancel = () => {};
  #startedAt = 0;
  #healthy: boolean | undefined;
  #failures = 0;

  constructor(options: HealthCheckerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#startedAt = this.#options.clock.monotonic();
    this.#after(this.#options.check.delay_seconds ?? defaults.delay);
  }

  stop(): void {
    this.#stopping.abort();
    this.#cancel();
  }

  #after(seconds: number): void {
    const run = () => void this.#round();
    this.#cancel = this.#options.clock.after(seconds * 1000, run, { background: true });
  }

  async #round(): Promise<void> {
    const { check } = this.#options;
    const timeoutMs = (check.timeout_seconds ?? defaults.timeout) * 1000;
    const timeout = timeoutMs > 0 ? [AbortSignal.timeout(timeoutMs)] : [];
    const healthy = await this.#probe(AbortSignal.any([this.#stopping.signal, ...timeout])).catch(() => false);
    if (this.#stopping.signal.aborted) return;
    if (healthy) this.#succeeded();
    else this.#failed();
    this.#after(check.interval_seconds ?? defaults.interval);
  }

  #succeeded(): void {
    const changed = this.#healthy !== true || this.#failures > 0;
    this.#healthy = true;
    this.#failures = 0;
    if (changed) this.#options.onChange(true, false);
  }

  #failed(): void {
    const { check, clock, onChange } = this.#options;
    const graceMs = (check.grace_period_seconds ?? defaults.grace) * 1000;
    if (this.#healthy === undefined && clock.monotonic() - this.#startedAt < graceMs) return;
    this.#healthy = false;
    this.#failures += 1;
    onChange(false, this.#failures >= (check.consecutive_failures ?? defaults.failures));
  }

  async #probe(signal: AbortSignal): Promise<boolean> {
    const { http, tcp, command } = this.#options.check;
    if (http !== undefined) {
      const url = `${http.scheme ?? "http"}://127.0.0.1:${http.port}${http.path ?? ""}`;
      const response = await fetch(url, { signal, redirect: "manual" });
      await response.body?.cancel();
      return http.statuses?.includes(response.status) ?? (response.status >= 200 && response.status < 400);
    }
    if (tcp !== undefined) return await probeTcp(tcp.port, signal);
    const argv = (command?.shell ?? true) ? ["sh", "-c", command?.value ?? ""] : (command?.arguments ?? []);
    const file = (command?.shell ?? true) ? "/bin/sh" : (command?.value ?? "");
    return await this.#probeCommand(file, argv, signal);
  }

  #probeCommand(file: string, argv: readonly string[], signal: AbortSignal): Promise<boolean> {
    const { directory, environment } = this.#options;
    const child = spawn(file, argv.slice(1), {
      argv0: argv[0] ?? file,
      cwd: directory,
      env: { ...environment },
      stdio: "ignore",
      signal,
      killSignal: "SIGKILL",
    });
    return new Promise((resolve) => {
      child.once("error", () => resolve(false));
      child.once("exit", (code) => resolve(code === 0));
    });
  }
}

function probeTcp(port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", signal });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
