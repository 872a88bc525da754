// Quantities of Kubernetes: "250m", "1.5", "64Mi", "1e3". Pure.

const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** 0 for what is no quantity. */
export function quantity(text: string): number {
  const [, digits = "", unit = ""] = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(text) ?? [];
  const value = Number(digits) * (factors[unit] ?? Number.NaN);
  return digits !== "" && Number.isFinite(value) ? value : 0;
}

/** CPUs: "0.25", "2". */
export function cpuText(cpus: number): string {
  return cpus >= 10 ? cpus.toFixed(0) : String(Number(cpus.toFixed(cpus < 0.1 ? 3 : 2)));
}

/** Bytes: "64 MiB". */
export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value >= 10 || unit === 0 ? value.toFixed(0) : value.toFixed(1)} ${units[unit] ?? ""}`;
}

/** "3 s", "5 min", "2 h", "4 d": how long ago. */
export function ageText(sinceMs: number, nowMs: number): string {
  if (!Number.isFinite(sinceMs)) return "";
  const seconds = Math.max(0, Math.floor((nowMs - sinceMs) / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
